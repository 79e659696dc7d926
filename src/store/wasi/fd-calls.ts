import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  openSync,
} from "node:fs";
import type { Descriptor } from "./descriptor-table.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { secondsOf } from "./exact-times.ts";
import { chosenTimes, hasOtherNames, writeFilestat } from "./filestat.ts";
import { FDFLAG, FILE_TYPE, RIGHT, SIZE } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";

const CHANGEABLE_FLAGS = FDFLAG.append | FDFLAG.nonblock;
const MAX_SIZE = BigInt(Number.MAX_SAFE_INTEGER);

/** What descriptors are asked and told about themselves (witx: fd_*, but for reading, writing and directories). */
export function createFdCalls(state: RunState): Record<string, HostFunction> {
  const { memory, table } = state;

  function withFile(fd: number, right: number, change: boolean, act: (descriptor: Descriptor) => number): number {
    const descriptor = table.get(fd >>> 0);
    if (descriptor === undefined) return ERRNO.badf;
    const errno = state.refuses(descriptor, right, change);
    if (errno !== ERRNO.success) return errno;
    if (descriptor.hostFd < 0) return ERRNO.inval;
    try {
      return act(descriptor);
    } catch (error) {
      return errnoOf(error);
    }
  }

  function fileTypeOfDescriptor(descriptor: Descriptor): number {
    if (descriptor.kind === "directory") return FILE_TYPE.directory;
    return descriptor.kind === "file" ? FILE_TYPE.regular : FILE_TYPE.unknown;
  }

  return {
    fd_close(fd: number): number {
      try {
        return table.close(fd >>> 0);
      } catch (error) {
        return errnoOf(error);
      }
    },

    fd_renumber(from: number, to: number): number {
      try {
        return table.renumber(from >>> 0, to >>> 0);
      } catch (error) {
        return errnoOf(error);
      }
    },

    fd_prestat_get(fd: number, result: number): number {
      const name = table.get(fd >>> 0)?.preopenName;
      if (name === undefined) return ERRNO.badf;
      const at = result >>> 0;
      if (!memory.has(at, SIZE.prestat)) return ERRNO.fault;
      memory.view.setUint32(at, 0, true);
      memory.view.setUint32(at + 4, name.length, true);
      return ERRNO.success;
    },

    fd_prestat_dir_name(fd: number, address: number, length: number): number {
      const name = table.get(fd >>> 0)?.preopenName;
      if (name === undefined) return ERRNO.badf;
      if (length >>> 0 < name.length) return ERRNO.nametoolong;
      if (!memory.has(address >>> 0, length >>> 0)) return ERRNO.fault;
      state.charge(name.length);
      memory.bytes.set(name, address >>> 0);
      return ERRNO.success;
    },

    fd_fdstat_get(fd: number, result: number): number {
      const descriptor = table.get(fd >>> 0);
      if (descriptor === undefined) return ERRNO.badf;
      const at = result >>> 0;
      if (!memory.has(at, SIZE.fdstat)) return ERRNO.fault;
      memory.bytes.fill(0, at, at + SIZE.fdstat);
      memory.view.setUint8(at, fileTypeOfDescriptor(descriptor));
      memory.view.setUint16(at + 2, descriptor.flags, true);
      memory.view.setUint32(at + 8, descriptor.rightsBase, true);
      memory.view.setUint32(at + 16, descriptor.rightsInheriting, true);
      return ERRNO.success;
    },

    fd_fdstat_set_flags(fd: number, flags: number): number {
      return withFile(fd, RIGHT.fdFdstatSetFlags, false, (descriptor) => {
        // as F_SETFL of fcntl(2): how writes are synchronized was settled at the open, and naming it again is no change
        if ((flags & ~CHANGEABLE_FLAGS & ~descriptor.flags) !== 0) return ERRNO.notsup;
        if (descriptor.kind === "directory") return ERRNO.badf;
        if (((flags ^ descriptor.flags) & FDFLAG.append) !== 0) {
          // Node has no fcntl(2): the same inode is opened anew with the other flag
          if (!state.containment.reopens) return ERRNO.notsup;
          const hostFlags = descriptor.hostFlags ^ constants.O_APPEND;
          const reopened = openSync(`/proc/self/fd/${descriptor.hostFd}`, hostFlags & ~constants.O_NOFOLLOW);
          closeSync(descriptor.hostFd);
          descriptor.hostFd = reopened;
          descriptor.hostFlags = hostFlags;
        }
        descriptor.flags = (flags & CHANGEABLE_FLAGS) | (descriptor.flags & ~CHANGEABLE_FLAGS);
        return ERRNO.success;
      });
    },

    fd_fdstat_set_rights(fd: number, base: bigint, inheriting: bigint): number {
      const descriptor = table.get(fd >>> 0);
      if (descriptor === undefined) return ERRNO.badf;
      const wide = BigInt.asUintN(64, base) | BigInt.asUintN(64, inheriting);
      if (wide >= 1n << 30n) return ERRNO.notcapable;
      const newBase = Number(base);
      const newInheriting = Number(inheriting);
      if ((newBase & ~descriptor.rightsBase) !== 0 || (newInheriting & ~descriptor.rightsInheriting) !== 0) {
        return ERRNO.notcapable;
      }
      descriptor.rightsBase = newBase;
      descriptor.rightsInheriting = newInheriting;
      return ERRNO.success;
    },

    fd_filestat_get(fd: number, result: number): number {
      const descriptor = table.get(fd >>> 0);
      if (descriptor === undefined) return ERRNO.badf;
      if ((descriptor.rightsBase & RIGHT.fdFilestatGet) === 0) return ERRNO.notcapable;
      const at = result >>> 0;
      if (!memory.has(at, SIZE.filestat)) return ERRNO.fault;
      if (descriptor.hostFd < 0) {
        memory.bytes.fill(0, at, at + SIZE.filestat);
        return ERRNO.success;
      }
      try {
        const stat = fstatSync(descriptor.hostFd, { bigint: true });
        writeFilestat(memory.view, at, stat, state.times.of(stat));
        return ERRNO.success;
      } catch (error) {
        return errnoOf(error);
      }
    },

    fd_filestat_set_size(fd: number, size: bigint): number {
      return withFile(fd, RIGHT.fdFilestatSetSize, true, (descriptor) => {
        if (descriptor.kind !== "file" || BigInt.asUintN(64, size) > MAX_SIZE) return ERRNO.inval;
        ftruncateSync(descriptor.hostFd, Number(size));
        return ERRNO.success;
      });
    },

    fd_filestat_set_times(fd: number, atim: bigint, mtim: bigint, flags: number): number {
      return withFile(fd, RIGHT.fdFilestatSetTimes, true, (descriptor) => {
        const stat = fstatSync(descriptor.hostFd, { bigint: true });
        if (hasOtherNames(stat)) return ERRNO.perm;
        const times = chosenTimes(state.times.of(stat), atim, mtim, flags);
        if (times === undefined) return ERRNO.inval;
        futimesSync(descriptor.hostFd, secondsOf(times.atimeNs), secondsOf(times.mtimeNs));
        state.times.remember(times, fstatSync(descriptor.hostFd, { bigint: true }));
        return ERRNO.success;
      });
    },

    fd_allocate(fd: number, offset: bigint, length: bigint): number {
      return withFile(fd, RIGHT.fdAllocate, true, (descriptor) => {
        const end = BigInt.asUintN(64, offset) + BigInt.asUintN(64, length);
        if (descriptor.kind !== "file" || length === 0n || end > MAX_SIZE) return ERRNO.inval;
        // Node has no posix_fallocate(3): the size is as promised, the blocks are not reserved
        if (fstatSync(descriptor.hostFd).size < Number(end)) ftruncateSync(descriptor.hostFd, Number(end));
        return ERRNO.success;
      });
    },

    fd_advise(fd: number, _offset: bigint, _length: bigint, advice: number): number {
      return withFile(fd, RIGHT.fdAdvise, false, (descriptor) => {
        if (descriptor.kind === "directory") return ERRNO.badf;
        return advice >>> 0 > 5 ? ERRNO.inval : ERRNO.success;
      });
    },

    fd_sync(fd: number): number {
      return withFile(fd, RIGHT.fdSync, false, (descriptor) => {
        fsyncSync(descriptor.hostFd);
        return ERRNO.success;
      });
    },

    fd_datasync(fd: number): number {
      return withFile(fd, RIGHT.fdDatasync, false, (descriptor) => {
        fdatasyncSync(descriptor.hostFd);
        return ERRNO.success;
      });
    },
  };
}
