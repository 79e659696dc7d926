import { accessSync, closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync } from "node:fs";
import { O_PATH } from "./containment.ts";
import { DirectoryListing } from "./directory-listing.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { hasOtherNames } from "./filestat.ts";
import { RIGHT, SIZE } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";

/**
 * The import module `tollgate`: what preview1 cannot say about files. Each function answers a WASI errno, and ends
 * the run when the authority does not list it.
 *
 * - `fd_mode_get(fd: i32, out: i32)`: u32 permission bits (`st_mode & 0o7777`) at `out`
 * - `fd_mode_set(fd: i32, mode: i32)`: sets `mode & 0o777`; needs a writable scope, EPERM for a file with further names
 * - `fd_unnameable(fd: i32, out: i32)`: u32 at `out`, how many entries of the directory `fd_readdir` leaves out because
 *   their names are not UTF-8; complete, also before anything was listed. Only a directory that its listing has not
 *   come to the end of, nor fits into one read of the system, is read once more, and charged like a listing
 * - `path_status_get(fd: i32, path: i32, length: i32, out: i32)`: 16 bytes at `out`, the leaf not followed:
 *   u32 permission bits @0, u32 1 when this process may write it within its scope @4, u64 birth time in ns @8
 */
export function createTollgateCalls(state: RunState): Record<string, HostFunction> {
  const { memory, table, guard, walk } = state;

  const charge = (bytes: number): void => state.charge(bytes);

  function allow(name: string): void {
    const { authority, hooks } = state.run;
    if (!authority.hostCalls.includes(name)) {
      hooks.stop({ kind: "refused", message: `the host call tollgate.${name} was not granted` });
    }
  }

  function fd_mode_get(fd: number, result: number): number {
    allow("fd_mode_get");
    const descriptor = table.get(fd >>> 0);
    if (descriptor === undefined || descriptor.hostFd < 0) return ERRNO.badf;
    if ((descriptor.rightsBase & RIGHT.fdFilestatGet) === 0) return ERRNO.notcapable;
    if (!memory.has(result >>> 0, 4)) return ERRNO.fault;
    try {
      memory.view.setUint32(result >>> 0, fstatSync(descriptor.hostFd).mode & 0o7777, true);
      return ERRNO.success;
    } catch (error) {
      return errnoOf(error);
    }
  }

  function fd_mode_set(fd: number, mode: number): number {
    allow("fd_mode_set");
    const descriptor = table.get(fd >>> 0);
    if (descriptor === undefined || descriptor.hostFd < 0) return ERRNO.badf;
    // EROFS in a read-only scope; preview1 has no right for modes, so a descriptor that may be asked may be told
    const refused = state.refuses(descriptor, RIGHT.fdFilestatGet, true);
    if (refused !== ERRNO.success) return refused;
    try {
      if (hasOtherNames(fstatSync(descriptor.hostFd))) return ERRNO.perm;
      fchmodSync(descriptor.hostFd, mode & 0o777);
      return ERRNO.success;
    } catch (error) {
      return errnoOf(error);
    }
  }

  function fd_unnameable(fd: number, result: number): number {
    allow("fd_unnameable");
    const descriptor = table.get(fd >>> 0);
    if (descriptor === undefined) return ERRNO.badf;
    if (descriptor.kind !== "directory") return ERRNO.notdir;
    if ((descriptor.rightsBase & RIGHT.fdReaddir) === 0) return ERRNO.notcapable;
    if (!memory.has(result >>> 0, 4)) return ERRNO.fault;
    try {
      descriptor.listing ??= new DirectoryListing(`${descriptor.base}.`);
      const count = descriptor.listing.unnameable(charge);
      memory.view.setUint32(result >>> 0, Math.min(count, 0xffff_ffff), true);
      return ERRNO.success;
    } catch (error) {
      return errnoOf(error);
    }
  }

  function path_status_get(fd: number, address: number, length: number, result: number): number {
    allow("path_status_get");
    const directory = table.get(fd >>> 0);
    if (directory === undefined) return ERRNO.badf;
    if (directory.kind !== "directory") return ERRNO.notdir;
    if ((directory.rightsBase & RIGHT.pathFilestatGet) === 0) return ERRNO.notcapable;
    const errno = state.path(address, length);
    if (errno !== ERRNO.success) return errno;
    if (!memory.has(result >>> 0, SIZE.statusRecord)) return ERRNO.fault;
    try {
      const begun = walk.begin(directory, memory.path);
      return begun === ERRNO.success ? status(result >>> 0) : begun;
    } catch (error) {
      return errnoOf(error);
    } finally {
      walk.release();
    }
  }

  function status(at: number): number {
    const refused = guard.permits(walk, false);
    if (refused !== ERRNO.success) return refused;
    const stat = lstatSync(walk.path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return ERRNO.noent;
    const hidden = guard.permitsFound(stat, false, false);
    if (hidden !== ERRNO.success) return hidden;
    if (walk.directoryOnly && !stat.isDirectory()) return ERRNO.notdir;
    const changeable = guard.permits(walk, true) === ERRNO.success && !guard.keepsReadOnly(walk, stat);
    const writable = changeable && (stat.isSymbolicLink() || isWritable(walk.path));
    memory.view.setUint32(at, Number(stat.mode) & 0o7777, true);
    memory.view.setUint32(at + 4, writable ? 1 : 0, true);
    memory.view.setBigUint64(at + 8, BigInt.asUintN(64, stat.birthtimeNs), true);
    return ERRNO.success;
  }

  /** access(2) on the thing itself: access follows links, so where possible it is asked of a held descriptor. */
  function isWritable(path: string): boolean {
    try {
      if (!state.containment.reopens) {
        accessSync(path, constants.W_OK);
        return true;
      }
      const held = openSync(path, O_PATH | constants.O_NOFOLLOW);
      try {
        accessSync(`/proc/self/fd/${held}`, constants.W_OK);
        return true;
      } finally {
        closeSync(held);
      }
    } catch (error) {
      errnoOf(error);
      return false;
    }
  }

  return { fd_mode_get, fd_mode_set, fd_unnameable, path_status_get };
}
