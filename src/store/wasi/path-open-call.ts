import { closeSync, constants, fstatSync, ftruncateSync, openSync, type Stats } from "node:fs";
import { Descriptor } from "./descriptor-table.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { hasOtherNames } from "./filestat.ts";
import { DIRECTORY_RIGHTS, FDFLAG, FILE_RIGHTS, LOOKUP_FOLLOW, MUTATING_RIGHTS, OFLAG, RIGHT } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";

const WRITES = RIGHT.fdWrite | RIGHT.fdAllocate | RIGHT.fdFilestatSetSize;
/** Rights beyond these are not defined; asking for them is asking for nothing. */
const ALL_RIGHTS = BigInt(FILE_RIGHTS | DIRECTORY_RIGHTS);
const ALL_OFLAGS = OFLAG.creat | OFLAG.directory | OFLAG.excl | OFLAG.trunc;
const ALL_FDFLAGS = FDFLAG.append | FDFLAG.dsync | FDFLAG.nonblock | FDFLAG.rsync | FDFLAG.sync;
const EXCLUSIVE = constants.O_CREAT | constants.O_EXCL;
// O_NONBLOCK: a FIFO must not hold the worker; O_NOCTTY: nor a terminal become its own
const SAFE_FLAGS = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * `path_open`: opens regular files and directories only, anything else is ENOTSUP at once. Never truncates before
 * the file is known to be one that may be changed. To write a file that has further names (hard links) is EPERM: they
 * may lie outside, and a guest that replaces the file by a rename reaches only its own name. A request to write in a
 * read-only scope is EROFS, one that the directory's rights do not cover ENOTCAPABLE; other rights are cut to what the
 * directory hands on.
 */
export function createPathOpenCall(state: RunState): Record<"path_open", HostFunction> {
  const { memory, table, guard, walk } = state;

  function openLeaf(hostFlags: number, change: boolean, follow: boolean): number {
    for (;;) {
      let refused = guard.permits(walk, change);
      if (refused === ERRNO.success) refused = guard.permitsOpen(walk);
      if (refused !== ERRNO.success) return -refused;
      if (walk.directoryOnly && (hostFlags & constants.O_CREAT) !== 0) {
        // `name/` cannot be made by an open
        const walked = walk.followLeaf(ERRNO.isdir);
        if (walked !== ERRNO.success) return -walked;
        continue;
      }
      let errno: number = (hostFlags & EXCLUSIVE) === EXCLUSIVE ? ERRNO.exist : ERRNO.loop;
      if (!state.containment.isLink(walk.path)) {
        try {
          return openSync(walk.path, walk.directoryOnly ? hostFlags | (constants.O_DIRECTORY ?? 0) : hostFlags, 0o666);
        } catch (error) {
          errno = errnoOf(error);
        }
      }
      // O_NOFOLLOW says ELOOP for a link, with O_DIRECTORY it says ENOTDIR
      if (errno !== ERRNO.loop && errno !== ERRNO.notdir) return -errno;
      if (!follow && !walk.directoryOnly) return -errno;
      const walked = walk.followLeaf(errno);
      if (walked !== ERRNO.success) return -walked;
    }
  }

  function examine(hostFd: number, stat: Stats, change: boolean): number {
    if (!stat.isFile() && !stat.isDirectory()) return ERRNO.notsup;
    if (!state.containment.confirms(hostFd, walk.path)) return ERRNO.notcapable;
    const errno = guard.permitsFound(stat, change, false);
    return errno === ERRNO.success && change && hasOtherNames(stat) ? ERRNO.perm : errno;
  }

  function path_open(
    fd: number,
    dirflags: number,
    pathAddress: number,
    pathLength: number,
    oflags: number,
    rightsBase: bigint,
    rightsInheriting: bigint,
    fdflags: number,
    result: number,
  ): number {
    const directory = table.get(fd >>> 0);
    if (directory === undefined) return ERRNO.badf;
    if (directory.kind !== "directory") return ERRNO.notdir;
    const pathErrno = state.path(pathAddress, pathLength);
    if (pathErrno !== ERRNO.success) return pathErrno;
    if (!memory.has(result >>> 0, 4)) return ERRNO.fault;
    const creates = (oflags & OFLAG.creat) !== 0;
    const truncates = (oflags & OFLAG.trunc) !== 0;
    const wantsDirectory = (oflags & OFLAG.directory) !== 0;
    if ((oflags & ~ALL_OFLAGS) !== 0 || (fdflags & ~ALL_FDFLAGS) !== 0) return ERRNO.inval;
    if (wantsDirectory && (creates || truncates)) return ERRNO.inval;
    const wanted = Number(BigInt.asUintN(64, rightsBase) & ALL_RIGHTS);
    // to write a directory is EISDIR, which the open itself says; other write rights are simply not a directory's
    const writes = (wanted & (wantsDirectory ? RIGHT.fdWrite : WRITES)) !== 0;
    const change = writes || creates || truncates;
    const needed = RIGHT.pathOpen | (creates ? RIGHT.pathCreateFile : 0) | (truncates ? RIGHT.pathFilestatSetSize : 0);
    const refused = state.refuses(directory, needed, change);
    if (refused !== ERRNO.success) return refused;
    if (writes && (wanted & WRITES & ~directory.rightsInheriting) !== 0) return ERRNO.notcapable;
    if (table.full) return ERRNO.mfile;

    const reads = (wanted & RIGHT.fdRead) !== 0 || (!writes && !truncates);
    let hostFlags = SAFE_FLAGS;
    if (writes || truncates) hostFlags |= reads ? constants.O_RDWR : constants.O_WRONLY;
    if (creates) hostFlags |= constants.O_CREAT;
    if ((oflags & OFLAG.excl) !== 0) hostFlags |= constants.O_EXCL;
    if (wantsDirectory) hostFlags |= constants.O_DIRECTORY ?? 0;
    if ((fdflags & FDFLAG.append) !== 0) hostFlags |= constants.O_APPEND;
    if ((fdflags & FDFLAG.dsync) !== 0) hostFlags |= constants.O_DSYNC ?? 0;
    if ((fdflags & (FDFLAG.sync | FDFLAG.rsync)) !== 0) hostFlags |= constants.O_SYNC ?? 0;

    try {
      const begun = walk.begin(directory, memory.path);
      if (begun !== ERRNO.success) return begun;
      const hostFd = openLeaf(hostFlags, change, (dirflags & LOOKUP_FOLLOW) !== 0);
      if (hostFd < 0) return -hostFd;
      const opened = admit(hostFd, hostFlags, change, truncates);
      if (typeof opened === "number") return opened;
      const offered = opened.kind === "directory" ? DIRECTORY_RIGHTS : FILE_RIGHTS;
      const kept = directory.rightsInheriting & (opened.readOnly ? ~MUTATING_RIGHTS : -1);
      opened.rightsBase = wanted & offered & kept;
      opened.rightsInheriting = Number(BigInt.asUintN(64, rightsInheriting) & ALL_RIGHTS) & kept;
      if (opened.kind === "file") opened.flags = fdflags;
      memory.view.setUint32(result >>> 0, table.add(opened), true);
      return ERRNO.success;
    } catch (error) {
      return errnoOf(error);
    } finally {
      walk.release();
    }
  }

  /** Examines what was opened and makes a descriptor of it, or closes it and returns an errno. */
  function admit(hostFd: number, hostFlags: number, change: boolean, truncates: boolean): Descriptor | number {
    let kept = false;
    try {
      const stat = fstatSync(hostFd);
      const errno = examine(hostFd, stat, change);
      if (errno !== ERRNO.success) return errno;
      if (truncates) ftruncateSync(hostFd, 0);
      const descriptor = new Descriptor(stat.isDirectory() ? "directory" : "file", hostFd);
      descriptor.hostFlags = hostFlags & ~(constants.O_CREAT | constants.O_EXCL);
      descriptor.readOnly = guard.keepsReadOnly(walk, stat);
      if (descriptor.kind === "directory") {
        descriptor.base = state.containment.baseOf(hostFd, walk.path);
        descriptor.dev = stat.dev;
        descriptor.ino = stat.ino;
      }
      kept = true;
      return descriptor;
    } finally {
      if (!kept) closeSync(hostFd);
    }
  }

  return { path_open };
}
