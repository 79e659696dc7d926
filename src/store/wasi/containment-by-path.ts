import { constants, fstatSync, lstatSync, realpathSync } from "node:fs";
import { sep } from "node:path";
import type { Containment } from "./containment.ts";

/**
 * The containment for systems without `/proc/self/fd` (macOS, Windows, a Linux without /proc). Directories are held
 * by their real path. Each component is checked not to be a link, and directly before a path is used its directory
 * must still be its own real path; after an open, the descriptor must be what the path names.
 *
 * Guarantee: no guest gets outside by `..`, by existing links or by anything it does itself, since it cannot make
 * links. Not guaranteed: another process of the same user that swaps a parent directory for a link in the instant
 * between check and use can make an empty file appear outside, or a removal act there; what was opened outside is
 * never handed to the guest.
 */
export const pathContainment: Containment = {
  guestLinks: false,
  reopens: false,
  enter(path) {
    // throws ENOTDIR for links and files by itself, as the descriptor walk's open does
    const found = lstatSync(path);
    if (!found.isDirectory()) throw notDirectory(path);
    return -1;
  },
  enterAt: () => -1,
  baseOf: (_fd, path) => (path.endsWith("/") || path.endsWith(sep) ? path : `${path}/`),
  holds(base) {
    try {
      return normal(realpathSync.native(base)) === normal(base);
    } catch {
      return false;
    }
  },
  confirms(fd, path) {
    const opened = fstatSync(fd, { bigint: true });
    const named = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return (
      named !== undefined &&
      opened.ino === named.ino &&
      opened.dev === named.dev &&
      this.holds(path.slice(0, path.lastIndexOf("/") + 1))
    );
  },
};

/** O_NOFOLLOW where the system has it. */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

function normal(path: string): string {
  const forward = sep === "\\" ? path.replaceAll("\\", "/") : path;
  return forward.endsWith("/") ? forward.slice(0, -1) : forward;
}

function notDirectory(path: string): Error {
  return Object.assign(new Error(`ENOTDIR: not a directory, lstat '${path}'`), { code: "ENOTDIR", syscall: "lstat" });
}
