import { FileError } from "../../../script/guest/errno.ts";
import * as files from "../../../script/guest/files.ts";

/** What isomorphic-git reads a repository with: paths are below one descriptor, and nothing is ever written. */
export function readOnlyFileSystem(fd: number) {
  const at = (path: string): files.Place => {
    const below = path.split("/").filter((part) => part !== "" && part !== ".");
    return { fd, path: below.length === 0 ? "." : below.join("/") };
  };
  const refused = async (path: string): Promise<never> => {
    throw new FileError(69, "write", path);
  };
  const stat = (path: string, follow: boolean) => {
    const { type, size, mode, modified, changed } = files.status(at(path), follow);
    return {
      type,
      size,
      mode,
      mtimeMs: files.milliseconds(modified),
      ctimeMs: files.milliseconds(changed),
      dev: 0,
      ino: 0,
      uid: 0,
      gid: 0,
      isFile: () => type === "file",
      isDirectory: () => type === "directory",
      isSymbolicLink: () => type === "link",
    };
  };
  return {
    promises: {
      readFile: async (path: string, options?: string | { encoding?: string }): Promise<Uint8Array | string> => {
        const bytes = files.readFile(at(path));
        const encoding = typeof options === "string" ? options : options?.encoding;
        return encoding === undefined ? bytes : new TextDecoder().decode(bytes);
      },
      readdir: async (path: string) => files.list(at(path)).map(({ name }) => name),
      stat: async (path: string) => stat(path, true),
      lstat: async (path: string) => stat(path, false),
      readlink: async (path: string) => files.readLink(at(path)),
      writeFile: refused,
      unlink: refused,
      mkdir: refused,
      rmdir: refused,
      symlink: refused,
    },
  };
}
