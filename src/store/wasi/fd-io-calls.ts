import { fstatSync, readSync, writeSync } from "node:fs";
import { KIB } from "../../contract/units.ts";
import type { Descriptor } from "./descriptor-table.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { FDFLAG, RIGHT, WHENCE } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";

/** What is kept of stderr; the rest is taken and dropped. */
const STDERR_BYTES = 64 * KIB;
/** The largest file offset that can be handled exactly. */
const MAX_OFFSET = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Reading, writing and seeking (witx: fd_read, fd_pread, fd_write, fd_pwrite, fd_seek, fd_tell). Files are read
 * straight into the guest's memory. Every byte moved is charged, and every vector is checked before any is used.
 */
export function createFdIoCalls(state: RunState): Record<string, HostFunction> {
  const { memory, table } = state;

  function transfer(fd: number, iovs: number, count: number, result: number, offset: bigint | null, write: boolean) {
    const descriptor = table.get(fd >>> 0);
    if (descriptor === undefined) return ERRNO.badf;
    const right = write ? RIGHT.fdWrite : RIGHT.fdRead;
    if (descriptor.kind === "directory") return write ? ERRNO.badf : ERRNO.isdir;
    if ((descriptor.rightsBase & right) === 0) return ERRNO.badf;
    let position: number | null = null;
    if (offset !== null) {
      if (descriptor.kind !== "file") return ERRNO.spipe;
      const unsigned = BigInt.asUintN(64, offset);
      if (unsigned > MAX_OFFSET) return ERRNO.inval;
      position = Number(unsigned);
    }
    const vectors = iovs >>> 0;
    const errno = memory.checkVectors(vectors, count >>> 0);
    if (errno !== ERRNO.success) return errno;
    if (!memory.has(result >>> 0, 4)) return ERRNO.fault;
    let moved = 0;
    try {
      for (let i = 0; i < count >>> 0; i++) {
        const address = memory.view.getUint32(vectors + i * 8, true);
        const length = memory.view.getUint32(vectors + i * 8 + 4, true);
        // again: what was read may have overwritten the vectors themselves; it counts, and is charged, all the same
        if (!memory.has(address, length)) break;
        if (length === 0) continue;
        const step = write ? put(descriptor, address, length, position) : take(descriptor, address, length, position);
        moved += step;
        if (position !== null) position += step;
        if (step < length) break;
      }
    } catch (error) {
      // what was moved before the error is a success, as read(2) and write(2) have it
      const failure = errnoOf(error);
      if (moved === 0) return failure;
    }
    if (!write) state.charge(moved);
    memory.view.setUint32(result >>> 0, moved, true);
    return ERRNO.success;
  }

  function take(descriptor: Descriptor, address: number, length: number, position: number | null): number {
    if (descriptor.kind === "stdin") {
      const { stdin } = state.run;
      const step = Math.min(length, stdin.length - state.stdinPosition);
      memory.bytes.set(stdin.subarray(state.stdinPosition, state.stdinPosition + step), address);
      state.stdinPosition += step;
      return step;
    }
    const step = readSync(descriptor.hostFd, memory.bytes, address, length, position ?? descriptor.position);
    if (position === null) descriptor.position += step;
    return step;
  }

  function put(descriptor: Descriptor, address: number, length: number, position: number | null): number {
    // charged before: a guest that cannot pay does not write
    state.charge(length);
    if (descriptor.kind === "stdout") {
      const { limits } = state.run.authority;
      if (state.stdout.length + length > limits.outputBytes) {
        state.run.hooks.stop({ kind: "output-limit", limit: limits.outputBytes });
      }
      state.stdout.append(memory.bytes, address, address + length);
      return length;
    }
    if (descriptor.kind === "stderr") {
      const room = STDERR_BYTES - state.stderr.length;
      if (room > 0) state.stderr.append(memory.bytes, address, address + Math.min(room, length));
      return length;
    }
    const step = writeSync(descriptor.hostFd, memory.bytes, address, length, position ?? descriptor.position);
    if (position === null) {
      if ((descriptor.flags & FDFLAG.append) !== 0) descriptor.position = fstatSync(descriptor.hostFd).size;
      else descriptor.position += step;
    }
    return step;
  }

  function seek(fd: number, delta: bigint, whence: number, result: number): number {
    const descriptor = table.get(fd >>> 0);
    if (descriptor === undefined) return ERRNO.badf;
    if (descriptor.kind === "directory") return ERRNO.badf;
    if (descriptor.kind !== "file") return ERRNO.spipe;
    // fd_seek that does not move asks only for fd_tell (witx, rights)
    const right = delta === 0n && whence === WHENCE.cur ? RIGHT.fdTell : RIGHT.fdSeek;
    if ((descriptor.rightsBase & (right | RIGHT.fdSeek)) === 0) return ERRNO.notcapable;
    if (!memory.has(result >>> 0, 8)) return ERRNO.fault;
    let from: number;
    if (whence === WHENCE.set) from = 0;
    else if (whence === WHENCE.cur) from = descriptor.position;
    else if (whence === WHENCE.end) {
      try {
        from = fstatSync(descriptor.hostFd).size;
      } catch (error) {
        return errnoOf(error);
      }
    } else return ERRNO.inval;
    const target = BigInt(from) + delta;
    if (target < 0n || target > MAX_OFFSET) return ERRNO.inval;
    descriptor.position = Number(target);
    memory.view.setBigUint64(result >>> 0, target, true);
    return ERRNO.success;
  }

  return {
    fd_read: (fd: number, iovs: number, count: number, result: number) =>
      transfer(fd, iovs, count, result, null, false),
    fd_pread: (fd: number, iovs: number, count: number, offset: bigint, result: number) =>
      transfer(fd, iovs, count, result, offset, false),
    fd_write: (fd: number, iovs: number, count: number, result: number) =>
      transfer(fd, iovs, count, result, null, true),
    fd_pwrite: (fd: number, iovs: number, count: number, offset: bigint, result: number) =>
      transfer(fd, iovs, count, result, offset, true),
    fd_seek: seek,
    fd_tell(fd: number, result: number): number {
      return seek(fd, 0n, WHENCE.cur, result);
    },
  };
}
