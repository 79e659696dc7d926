import {
  type BigIntStats,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import type { Descriptor } from "./descriptor-table.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { secondsOf } from "./exact-times.ts";
import { chosenTimes, hasOtherNames, writeFilestat } from "./filestat.ts";
import { LOOKUP_FOLLOW, RIGHT, SIZE } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";
import type { Walk } from "./walk.ts";

/**
 * Everything that acts on a name but `path_open` (witx: path_*). Each acts on a name in a directory that is held,
 * and never follows that name itself; where preview1 wants a link followed, the walk does it.
 */
export function createPathCalls(state: RunState): Record<string, HostFunction> {
  const { memory, table, guard, walk, otherWalk } = state;

  const charge = (bytes: number): void => state.charge(bytes);

  /** Checks the descriptor, reads the path and walks to it. */
  function reach(by: Walk, fd: number, address: number, length: number, right: number, change: boolean): number {
    const directory = table.get(fd >>> 0);
    if (directory === undefined) return ERRNO.badf;
    const errno = state.path(address, length);
    return errno === ERRNO.success ? reachFrom(by, directory, right, change) : errno;
  }

  function reachFrom(by: Walk, directory: Descriptor, right: number, change: boolean): number {
    if (directory.kind !== "directory") return ERRNO.notdir;
    const refused = state.refuses(directory, right, change);
    return refused === ERRNO.success ? by.begin(directory, memory.path) : refused;
  }

  /** Runs the body with every directory of both walks released afterwards. */
  function released(body: () => number): number {
    try {
      return body();
    } catch (error) {
      return errnoOf(error);
    } finally {
      walk.release();
      otherWalk.release();
    }
  }

  /** The stat of the leaf; follows links through the walk when asked to. A number is an errno. */
  function statLeaf(by: Walk, follow: boolean): BigIntStats | number {
    for (;;) {
      const refused = guard.permits(by, false);
      if (refused !== ERRNO.success) return refused;
      const stat = lstatSync(by.path, { bigint: true, throwIfNoEntry: false });
      if (stat === undefined) return ERRNO.noent;
      if (stat.isSymbolicLink() && (follow || by.directoryOnly)) {
        // EAGAIN: it was a link a moment ago, and is none now
        const errno = by.followLeaf(ERRNO.again);
        if (errno !== ERRNO.success && errno !== ERRNO.again) return errno;
        continue;
      }
      if (by.directoryOnly && !stat.isDirectory()) return ERRNO.notdir;
      const hidden = guard.permitsFound(stat, false, false);
      return hidden === ERRNO.success ? stat : hidden;
    }
  }

  return {
    path_filestat_get: (fd: number, flags: number, address: number, length: number, result: number) =>
      released(() => {
        const errno = reach(walk, fd, address, length, RIGHT.pathFilestatGet, false);
        if (errno !== ERRNO.success) return errno;
        const at = result >>> 0;
        if (!memory.has(at, SIZE.filestat)) return ERRNO.fault;
        const stat = statLeaf(walk, (flags & LOOKUP_FOLLOW) !== 0);
        if (typeof stat === "number") return stat;
        writeFilestat(memory.view, at, stat, state.times.of(stat));
        return ERRNO.success;
      }),

    path_filestat_set_times: (
      fd: number,
      flags: number,
      address: number,
      length: number,
      atim: bigint,
      mtim: bigint,
      fstflags: number,
    ) =>
      released(() => {
        const errno = reach(walk, fd, address, length, RIGHT.pathFilestatSetTimes, true);
        if (errno !== ERRNO.success) return errno;
        const stat = statLeaf(walk, (flags & LOOKUP_FOLLOW) !== 0);
        if (typeof stat === "number") return stat;
        const refused = guard.permitsChange(walk, false);
        if (refused !== ERRNO.success) return refused;
        if (hasOtherNames(stat)) return ERRNO.perm;
        const times = chosenTimes(state.times.of(stat), atim, mtim, fstflags);
        if (times === undefined) return ERRNO.inval;
        lutimesSync(walk.path, secondsOf(times.atimeNs), secondsOf(times.mtimeNs));
        const after = lstatSync(walk.path, { bigint: true, throwIfNoEntry: false });
        if (after !== undefined) state.times.remember(times, after);
        return ERRNO.success;
      }),

    path_create_directory: (fd: number, address: number, length: number) =>
      released(() => {
        let errno = reach(walk, fd, address, length, RIGHT.pathCreateDirectory, true);
        if (errno === ERRNO.success) errno = guard.permits(walk, true);
        if (errno === ERRNO.success) mkdirSync(walk.path, 0o777);
        return errno;
      }),

    path_remove_directory: (fd: number, address: number, length: number) =>
      released(() => {
        let errno = reach(walk, fd, address, length, RIGHT.pathRemoveDirectory, true);
        if (errno === ERRNO.success) errno = guard.permitsChange(walk, true);
        if (errno === ERRNO.success) rmdirSync(walk.path);
        return errno;
      }),

    path_unlink_file: (fd: number, address: number, length: number) =>
      released(() => {
        let errno = reach(walk, fd, address, length, RIGHT.pathUnlinkFile, true);
        if (errno === ERRNO.success) errno = guard.permitsChange(walk, true);
        if (errno !== ERRNO.success) return errno;
        if (walk.directoryOnly || walk.leaf === ".") {
          const stat = lstatSync(walk.path, { throwIfNoEntry: false });
          if (stat === undefined) return ERRNO.noent;
          return stat.isDirectory() ? ERRNO.isdir : ERRNO.notdir;
        }
        unlinkSync(walk.path);
        return ERRNO.success;
      }),

    path_rename: (
      fd: number,
      oldAddress: number,
      oldLength: number,
      newFd: number,
      newAddress: number,
      newLength: number,
    ) =>
      released(() => {
        let errno = reach(walk, fd, oldAddress, oldLength, RIGHT.pathRenameSource, true);
        if (errno === ERRNO.success)
          errno = reach(otherWalk, newFd, newAddress, newLength, RIGHT.pathRenameTarget, true);
        if (errno === ERRNO.success) errno = guard.permitsChange(walk, true);
        if (errno === ERRNO.success) errno = guard.permitsChange(otherWalk, true);
        if (errno !== ERRNO.success) return errno;
        if (walk.directoryOnly || otherWalk.directoryOnly) {
          const stat = lstatSync(walk.path, { throwIfNoEntry: false });
          if (stat === undefined) return ERRNO.noent;
          if (!stat.isDirectory()) return ERRNO.notdir;
        }
        if (!state.containment.movable(walk.path, charge)) return ERRNO.xdev;
        renameSync(walk.path, otherWalk.path);
        return ERRNO.success;
      }),

    path_link: (
      fd: number,
      flags: number,
      oldAddress: number,
      oldLength: number,
      newFd: number,
      newAddress: number,
      newLength: number,
    ) =>
      released(() => {
        let errno = reach(walk, fd, oldAddress, oldLength, RIGHT.pathLinkSource, true);
        if (errno !== ERRNO.success) return errno;
        const stat = statLeaf(walk, (flags & LOOKUP_FOLLOW) !== 0);
        if (typeof stat === "number") return stat;
        // a second name would outlive the protection of the first
        errno = guard.permitsChange(walk, true);
        if (errno === ERRNO.success) errno = reach(otherWalk, newFd, newAddress, newLength, RIGHT.pathLinkTarget, true);
        if (errno === ERRNO.success) errno = guard.permits(otherWalk, true);
        if (errno !== ERRNO.success) return errno;
        if (otherWalk.directoryOnly) return ERRNO.noent;
        if (!state.containment.movable(walk.path, charge)) return ERRNO.notsup;
        linkSync(walk.path, otherWalk.path);
        return ERRNO.success;
      }),

    path_symlink: (targetAddress: number, targetLength: number, fd: number, address: number, length: number) =>
      released(() => {
        let errno = state.path(targetAddress, targetLength);
        if (errno !== ERRNO.success) return errno;
        const target = memory.path;
        errno = reach(walk, fd, address, length, RIGHT.pathSymlink, true);
        if (errno === ERRNO.success) errno = guard.permitsChange(walk, true);
        if (errno !== ERRNO.success) return errno;
        if (!state.containment.guestLinks) return ERRNO.notsup;
        if (target.length === 0) return ERRNO.noent;
        if (escapes(target, walk.depth)) return ERRNO.notcapable;
        if (walk.directoryOnly) {
          return lstatSync(walk.path, { throwIfNoEntry: false }) === undefined ? ERRNO.noent : ERRNO.exist;
        }
        symlinkSync(target, walk.path);
        return ERRNO.success;
      }),

    path_readlink: (
      fd: number,
      address: number,
      length: number,
      buffer: number,
      bufferLength: number,
      result: number,
    ) =>
      released(() => {
        let errno = reach(walk, fd, address, length, RIGHT.pathReadlink, false);
        if (errno === ERRNO.success) errno = guard.permits(walk, false);
        if (errno !== ERRNO.success) return errno;
        if (!memory.has(buffer >>> 0, bufferLength >>> 0) || !memory.has(result >>> 0, 4)) return ERRNO.fault;
        if (walk.directoryOnly) return ERRNO.inval;
        const target = readlinkSync(walk.path, "buffer");
        const copied = Math.min(target.length, bufferLength >>> 0);
        state.charge(copied);
        target.copy(memory.bytes, buffer >>> 0, 0, copied);
        memory.view.setUint32(result >>> 0, copied, true);
        return ERRNO.success;
      }),
  };
}

/** Whether a link in a directory `depth` levels down could lead above the start, read as it is written. */
function escapes(target: string, depth: number): boolean {
  if (target.startsWith("/")) return true;
  let level = depth;
  for (const name of target.split("/")) {
    if (name === "..") level--;
    else if (name !== "" && name !== ".") level++;
    if (level < 0) return true;
  }
  return false;
}
