import { type Dir, fstatSync, lstatSync, opendirSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import type { Containment } from "./containment.ts";
import { SIZE } from "./layout.ts";

/** Names of devices, which Windows finds in every directory, whatever extension they have. */
const DEVICES = "aux|con|conin\\$|conout\\$|nul|prn|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]";
/**
 * Names that Windows takes for something other than a name: separators, drives, streams, wildcards, devices, and an
 * end in dots or blanks, which it drops.
 */
export const WINDOWS_NAMES = new RegExp(`[\\\\:*?"<>|\\0-\\x1f]|^(?!\\.$).*[. ]$|^(?:${DEVICES}) *(?:\\.|$)`, "i");

/**
 * The containment for systems without `/proc/self/fd` (macOS, Windows, a Linux without /proc). Directories are held
 * by their real path. Each component is checked not to be a link, and directly before a path is used its directory
 * must still be its own real path; after an open, the descriptor must be what the path names, before and after.
 *
 * Guarantee: no guest gets outside by `..`, by links that the host made, or by anything that guests do, however many
 * run at once on the same root. Between a check and the use a path could only change its meaning if a name that was
 * none turned into a link, and no guest can bring that about: it cannot make symbolic links (ENOTSUP), give one a
 * second name (ENOTSUP), or move one or a directory with one anywhere in it (EXDEV, which programs that move files
 * answer by copying). Links thus stay where the host put them.
 *
 * Not guaranteed: a process of the same user outside of this host that keeps swapping a parent directory for a link
 * can, when it hits the instants between check and use, lead a call outside. Only the containment by descriptors closes
 * that.
 */
export const pathContainment: Containment = {
  guestLinks: false,
  movable(path, passed) {
    const found = lstatSync(path);
    if (found.isSymbolicLink()) return false;
    return !found.isDirectory() || !holdsLink(path, passed);
  },
  // not every system has O_NOFOLLOW; that it is none now means, see above, that it is none at the open either
  isLink: (path) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true,
  reopens: false,
  foreign: sep === "\\" ? WINDOWS_NAMES : undefined,
  enter(path) {
    // throws ENOTDIR for links and files by itself, as the descriptor walk's open does
    const found = lstatSync(path);
    if (!found.isDirectory()) throw notDirectory(path);
    return -1;
  },
  enterAt: () => -1,
  isAt: () => false,
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

/** Whether anything below a directory may be a link. What is neither file nor directory counts, and doubt does. */
function holdsLink(directory: string, passed: (bytes: number) => void): boolean {
  const waiting = [directory];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const dir: Dir = opendirSync(path);
    try {
      for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
        passed(SIZE.dirent + entry.name.length);
        if (entry.isFile()) continue;
        // a name that is not UTF-8 cannot be looked into
        if (!entry.isDirectory() || entry.name.includes("\ufffd")) return true;
        waiting.push(join(path, entry.name));
      }
    } finally {
      dir.closeSync();
    }
  }
  return false;
}

function notDirectory(path: string): Error {
  return Object.assign(new Error(`ENOTDIR: not a directory, lstat '${path}'`), { code: "ENOTDIR", syscall: "lstat" });
}
