import { FileError } from "./errno.ts";
import { type FileStatus, type Place, readFile, status } from "./files.ts";
import { grantedRoots, type Root } from "./roots.ts";
import { TextDecoder } from "./text-encoding.ts";
import { ToolError } from "./tool-error.ts";

/** A path argument: where it leads, and how it is written in full. */
export interface Located extends Place {
  readonly shown: string;
}

/**
 * Finds the root of a path by whole components, the longest match first; a relative path starts at the first root.
 * Throws a {@link ToolError} for a path outside of the roots, or whose text climbs above its root.
 */
export function locate(given: string): Located {
  const roots = grantedRoots();
  if (given.includes("\0"))
    throw new ToolError("invalid-path", `cannot use ${given}: it contains a NUL character: no file name can`);
  const root = given.startsWith("/") ? rootOf(given, roots) : roots[0];
  if (root === undefined) throw outside(given, roots);
  const rest = given.startsWith("/") ? given.slice(root.path.length) : given;
  const parts: string[] = [];
  let depth = 0;
  for (const part of rest.split("/")) {
    if (part === "" || part === ".") continue;
    // the host walks `..` itself, since a link may stand before it
    depth += part === ".." ? -1 : 1;
    if (depth < 0) throw outside(given, roots);
    parts.push(part);
  }
  const path = parts.length === 0 ? "." : parts.join("/");
  return { fd: root.fd, path, shown: path === "." ? root.path : `${root.path === "/" ? "" : root.path}/${path}` };
}

function rootOf(path: string, roots: readonly Root[]): Root | undefined {
  return roots
    .filter((root) => root.path === "/" || path === root.path || path.startsWith(`${root.path}/`))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

function outside(given: string, roots: readonly Root[]): ToolError {
  const listed = roots.map(({ path }) => path).join(", ") || "a root (none is granted)";
  const next = `it is outside of the granted roots: use a path under ${listed}`;
  return new ToolError("permission-denied", `cannot use ${given}: ${next}`);
}

const MEANINGS: Readonly<Record<string, readonly [code: string, why: string]>> = {
  ENOENT: ["file-not-found", "no such file or folder: check the name with fs.read_dir on the folder it should be in"],
  ENOTDIR: ["not-a-directory", "a part of the path is not a folder"],
  EISDIR: ["is-a-directory", "it is a folder: name a file"],
  EPERM: ["permission-denied", "it leads outside of the granted roots, or its root does not allow this"],
  EACCES: ["permission-denied", "the host refuses access to it, or it leads outside of the granted roots"],
  ELOOP: ["too-many-links", "its symbolic links form a loop or are too many: name the file itself"],
  ENAMETOOLONG: ["invalid-path", "the path or one of its names is too long: use a shorter one"],
};

/** What a failed file operation means to the caller; anything else is passed on. */
export function asToolError(error: unknown, verb: string, path: string): unknown {
  if (!(error instanceof FileError)) return error;
  const [code, why] = MEANINGS[error.code] ?? ["io-error", `the host answered ${error.code}`];
  return new ToolError(code, `cannot ${verb} ${path}: ${why}`);
}

/** What is at a path argument. */
export function statusOf(place: Located, verb: string): FileStatus {
  try {
    return status(place, true);
  } catch (error) {
    throw asToolError(error, verb, place.shown);
  }
}

/** The text of a file of at most so many bytes; one that is not UTF-8 is refused. */
export function readText(given: string, limit: number): { readonly text: string; readonly place: Located } {
  const place = locate(given);
  const { type, size } = statusOf(place, "read");
  if (type === "directory")
    throw new ToolError("is-a-directory", `cannot read ${place.shown}: it is a folder: name a file`);
  if (type !== "file")
    throw new ToolError("unsupported-file-type", `cannot read ${place.shown}: it is a pipe, socket or device`);
  if (size > limit) {
    const message = `cannot read ${place.shown}: it has ${size} bytes, over the limit of ${limit}: use a smaller file`;
    throw new ToolError("file-too-large", message, { size, limit });
  }
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = readFile(place);
  } catch (error) {
    throw asToolError(error, "read", place.shown);
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), place };
  } catch {
    throw new ToolError("not-utf-8", `cannot read ${place.shown}: it is not UTF-8 text: convert it first`);
  }
}
