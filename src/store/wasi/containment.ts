import { closeSync, constants, lstatSync, openSync, readlinkSync } from "node:fs";

/** O_PATH of Linux on every architecture that Node runs on; Node does not name it (open(2)). */
export const O_PATH = 0o10000000;
const ENTER_FLAGS = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * How directories are held while a path is walked. The walk is the same for both kinds; what differs is whether a
 * directory, once entered, stays the same directory whatever is renamed meanwhile.
 */
export interface Containment {
  /** Whether a guest may make symbolic links. */
  readonly guestLinks: boolean;
  /**
   * Whether what is at `path` may be moved, or given a second name. `passed` is told the bytes of each entry that had
   * to be looked at, and may throw. Throws what the operating system says.
   */
  movable(path: string, passed: (bytes: number) => void): boolean;
  /** Whether an open has to be kept from `path` because it is a link that the open itself would follow. Throws. */
  isLink(path: string): boolean;
  /** Whether descriptors can be opened anew through their base, to change their flags. */
  readonly reopens: boolean;
  /** Names that mean something other than a name to this system's paths. */
  readonly foreign: RegExp | undefined;
  /** Enters a directory without following a link; its descriptor, or −1 where directories are held by path. Throws. */
  enter(path: string): number;
  /**
   * Enters several levels at once, when that can be shown to be what entering one after the other would have given;
   * −1 when it cannot, which says nothing. `real` is the path that the directory must have.
   */
  enterAt(path: string, real: string): number;
  /** Whether the directory that {@link enterAt} entered is at this real path now. */
  isAt(fd: number, real: string): boolean;
  /** The prefix for names in a directory that was entered or opened by `path` and has this descriptor. */
  baseOf(fd: number, path: string): string;
  /** Whether the directory behind `base` is still where it was when it was entered. */
  holds(base: string): boolean;
  /** Whether the opened `fd` is what `path` names, with nothing followed on the way. */
  confirms(fd: number, path: string): boolean;
}

/**
 * Linux: every directory is held by a descriptor and its entries are named through `/proc/self/fd/<n>/`, which the
 * kernel resolves to that very directory (proc_pid_fd(5)). No rename or link swap by anybody can lead the walk
 * elsewhere, since nothing is ever looked up twice.
 */
export const descriptorContainment: Containment = {
  guestLinks: true,
  movable: () => true,
  // O_NOFOLLOW says so in the open itself
  isLink: () => false,
  reopens: true,
  foreign: undefined,
  enter: (path) => openSync(path, ENTER_FLAGS),
  enterAt(path, real) {
    let fd: number;
    try {
      fd = openSync(path, ENTER_FLAGS);
    } catch {
      // the walk by single steps finds out what it is, and says so
      return -1;
    }
    // whatever way led to it: it is right there, or not taken
    if (this.isAt(fd, real)) return fd;
    closeSync(fd);
    return -1;
  },
  isAt(fd, real) {
    try {
      // the kernel tells where an open directory is (proc_pid_fd(5)); of a removed one it says that with this ending
      return readlinkSync(`/proc/self/fd/${fd}`) === real && !real.endsWith(" (deleted)");
    } catch {
      return false;
    }
  },
  baseOf: (fd) => `/proc/self/fd/${fd}/`,
  holds: () => true,
  confirms: () => true,
};

/** True when this process can name the entries of an open directory through `/proc/self/fd`. */
export function descriptorsAreNameable(): boolean {
  return process.platform === "linux" && lstatSync("/proc/self/fd", { throwIfNoEntry: false }) !== undefined;
}
