import { FileError } from "./errno.ts";
import * as files from "./files.ts";
import { native } from "./native.ts";
import { grantedRoots } from "./roots.ts";

const E_NOTCAPABLE = 76;
const E_NOENT = "ENOENT";

/** Absolute, without `.`, `..` and doubled slashes: which folder a path lies in is decided on that. */
function absolute(path: string, base: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Where a path leads: in the innermost folder that holds it. */
function place(path: string, operation: string): files.Place {
  const roots = grantedRoots();
  const wanted = absolute(String(path), roots[0]?.path ?? "/");
  let best: files.Place | undefined;
  let longest = -1;
  for (const { fd, path: root } of roots) {
    const prefix = root === "/" ? "/" : `${root}/`;
    if (root.length <= longest || (wanted !== root && !wanted.startsWith(prefix))) continue;
    longest = root.length;
    best = { fd, path: wanted === root ? "." : wanted.slice(prefix.length) };
  }
  if (best === undefined) throw new FileError(E_NOTCAPABLE, operation, String(path));
  return best;
}

const bytesOf = (content: string | Uint8Array): Uint8Array<ArrayBuffer> =>
  typeof content === "string" ? native.encode(content) : new Uint8Array(content);

function statusOf(path: string) {
  const { type, size, modified } = files.status(place(path, "stat"), true);
  return { type, size, modified: files.milliseconds(modified) };
}

/**
 * The files in the folders that the tool was granted. A path is absolute or relative to the first of them; what lies in none
 * is `EACCES`. Errors are those of Node.js in their words.
 */
export function openFolders() {
  return {
    /** The granted folders, as absolute paths, in the order of tool.json. */
    folders: (): string[] => grantedRoots().map(({ path }) => path),
    read: (path: string): Uint8Array => files.readFile(place(path, "open")),
    readText(path: string): string {
      const bytes = files.readFile(place(path, "open"));
      return native.decode(native.address(bytes.buffer) + bytes.byteOffset, bytes.length);
    },
    write: (path: string, content: string | Uint8Array): void =>
      files.writeFile(place(path, "open"), bytesOf(content), false),
    append: (path: string, content: string | Uint8Array): void =>
      files.writeFile(place(path, "open"), bytesOf(content), true),
    list: (path = "."): files.Entry[] => files.list(place(path, "scandir")),
    status: statusOf,
    exists(path: string): boolean {
      try {
        statusOf(path);
        return true;
      } catch (error) {
        if (error instanceof FileError && error.code === E_NOENT) return false;
        throw error;
      }
    },
    createFolder(path: string): void {
      const at = place(path, "mkdir");
      const parts = at.path.split("/");
      for (let n = 1; n <= parts.length; n++) {
        const step = { fd: at.fd, path: parts.slice(0, n).join("/") };
        try {
          files.createDirectory(step);
        } catch (error) {
          if (!(error instanceof FileError && error.code === "EEXIST")) throw error;
        }
      }
    },
    removeFile: (path: string): void => files.unlink(place(path, "unlink")),
    removeFolder: (path: string): void => files.removeDirectory(place(path, "rmdir")),
    rename: (from: string, to: string): void => files.rename(place(from, "rename"), place(to, "rename")),
  };
}
