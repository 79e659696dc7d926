import { fstatSync, lstatSync, realpathSync } from "node:fs";
import { sep } from "node:path";
import type { Containment } from "./containment.ts";

/**
 * The containment for systems without `/proc/self/fd` (macOS, Windows, a Linux without /proc). Directories are held
 * by their real path. Each component is checked not to be a link, and directly before a path is used its directory
 * must still be its own real path; after an open, the descriptor must be what the path names, before and after.
 *
 * Guarantee: no guest gets outside by `..`, by existing links or by anything it does itself, since it cannot make
 * links. Not guaranteed: a process of the same user outside of this host that keeps swapping a parent directory for a
 * link can, when it hits the instants between check and use, lead a call outside. Only the containment by
 * descriptors closes that.
 */
export const pathContainment: Containment = {
  guestLinks: false,
  reopens: false,
  // separators, drives and streams of NTFS
  foreign: sep === "\\" ? /[\\:]/ : undefined,
  enter(path) {
    // throws ENOTDIR for links and files by itself, as the descriptor walk's open does
    const found = lstatSync(path);
    if (!found.isDirectory()) throw notDirectory(path);
    return -1;
  },
  enterAt: () => -1,
  baseOf(_fd, path) {
    const own = path.endsWith("/.") ? path.slice(0, -1) : path;
    return own.endsWith("/") || own.endsWith(sep) ? own : `${own}/`;
  },
  holds(base) {
    try {
      return normal(realpathSync.native(base)) === normal(base);
    } catch {
      return false;
    }
  },
  confirms(fd, path) {
    const directory = path.slice(0, path.lastIndexOf("/") + 1);
    const opened = fstatSync(fd, { bigint: true });
    if (!this.holds(directory)) return false;
    const named = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return named !== undefined && opened.ino === named.ino && opened.dev === named.dev && this.holds(directory);
  },
};

function normal(path: string): string {
  const forward = sep === "\\" ? path.replaceAll("\\", "/") : path;
  return forward.endsWith("/") ? forward.slice(0, -1) : forward;
}

function notDirectory(path: string): Error {
  return Object.assign(new Error(`ENOTDIR: not a directory, lstat '${path}'`), { code: "ENOTDIR", syscall: "lstat" });
}
