import { fstatSync } from "node:fs";
import { DirectoryListing } from "./directory-listing.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { RIGHT, SIZE } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";

const MAX_COOKIE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * `fd_readdir`: fills the buffer with whole entries and one that may be cut, as witx demands; fewer bytes than the
 * buffer has mean the end. `d_ino` is 0 but for `.`: a stat for each entry would cost more than the listing.
 */
export function createReaddirCall(state: RunState): Record<"fd_readdir", HostFunction> {
  const { memory, table } = state;
  const record = Buffer.alloc(SIZE.dirent);

  function fd_readdir(fd: number, buffer: number, length: number, cookie: bigint, result: number): number {
    const descriptor = table.get(fd >>> 0);
    if (descriptor === undefined) return ERRNO.badf;
    if (descriptor.kind !== "directory") return ERRNO.notdir;
    if ((descriptor.rightsBase & RIGHT.fdReaddir) === 0) return ERRNO.notcapable;
    const start = buffer >>> 0;
    const end = start + (length >>> 0);
    if (!memory.has(start, length >>> 0) || !memory.has(result >>> 0, 4)) return ERRNO.fault;
    if (BigInt.asUintN(64, cookie) > MAX_COOKIE) return ERRNO.inval;
    let at = start;
    try {
      let next = Number(cookie);
      descriptor.listing ??= new DirectoryListing(`${descriptor.base}.`);
      const { listing } = descriptor;
      listing.seek(next);
      while (at < end) {
        const entry = listing.at(next);
        if (entry === undefined) break;
        next++;
        record.fill(0);
        record.writeBigUInt64LE(BigInt(next), 0);
        if (next === 1) record.writeBigUInt64LE(fstatSync(descriptor.hostFd, { bigint: true }).ino, 8);
        record.writeUInt32LE(entry.name.length, 16);
        record[20] = entry.type;
        at += record.copy(memory.bytes, at, 0, Math.min(SIZE.dirent, end - at));
        at += entry.name.copy(memory.bytes, at, 0, Math.min(entry.name.length, end - at));
      }
    } catch (error) {
      return errnoOf(error);
    }
    state.charge(at - start);
    memory.view.setUint32(result >>> 0, at - start, true);
    return ERRNO.success;
  }

  return { fd_readdir };
}
