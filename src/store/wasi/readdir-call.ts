import { type BigIntStats, fstatSync, lstatSync } from "node:fs";
import type { Descriptor } from "./descriptor-table.ts";
import { DirectoryListing, type ListedEntry } from "./directory-listing.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { fileTypeOf } from "./filestat.ts";
import { FILE_TYPE, RIGHT, SIZE } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";

const MAX_COOKIE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * `fd_readdir`: fills the buffer with whole entries and one that may be cut, as witx demands; fewer bytes than the
 * buffer has mean the end. `d_ino` is looked up for each entry as it is handed out, not followed, when the descriptor
 * carries the right `path_filestat_get`: a listing of names alone is several times cheaper. It is 0, which stands for
 * unknown, without that right, for `..`, and for what has vanished since or may not be looked at. Charged are the bytes
 * of what is handed out, and of what has to be read to get to the cookie.
 */
export function createReaddirCall(state: RunState): Record<"fd_readdir", HostFunction> {
  const { memory, table } = state;
  const record = Buffer.alloc(SIZE.dirent);

  const charge = (bytes: number): void => state.charge(bytes);

  function fd_readdir(fd: number, buffer: number, length: number, cookie: bigint, result: number): number {
    const descriptor = table.get(fd >>> 0);
    if (descriptor === undefined) return ERRNO.badf;
    if (descriptor.kind !== "directory") return ERRNO.notdir;
    if ((descriptor.rightsBase & RIGHT.fdReaddir) === 0) return ERRNO.notcapable;
    const start = buffer >>> 0;
    const end = start + (length >>> 0);
    if (!memory.has(start, length >>> 0) || !memory.has(result >>> 0, 4)) return ERRNO.fault;
    if (BigInt.asUintN(64, cookie) > MAX_COOKIE) return ERRNO.inval;
    if (!state.containment.holds(descriptor.base)) return ERRNO.notcapable;
    let at = start;
    try {
      let next = Number(cookie);
      descriptor.listing ??= new DirectoryListing(`${descriptor.base}.`);
      const { listing } = descriptor;
      listing.seek(next, charge);
      while (at < end) {
        const entry = listing.at(next);
        if (entry === undefined) break;
        next++;
        fill(descriptor, entry, next);
        const from = at;
        at += record.copy(memory.bytes, at, 0, Math.min(SIZE.dirent, end - at));
        at += entry.name.copy(memory.bytes, at, 0, Math.min(entry.name.length, end - at));
        // entry by entry: the run's deadline and its cancellation are seen in a long listing as well
        state.charge(at - from);
      }
    } catch (error) {
      return errnoOf(error);
    }
    memory.view.setUint32(result >>> 0, at - start, true);
    return ERRNO.success;
  }

  /** Makes the record of an entry; `next` is the cookie of the one after it. */
  function fill(directory: Descriptor, entry: ListedEntry, next: number): void {
    record.fill(0);
    record.writeBigUInt64LE(BigInt(next), 0);
    record.writeUInt32LE(entry.name.length, 16);
    record[20] = entry.type;
    const known = entry.type !== FILE_TYPE.unknown;
    const tellsInode = (directory.rightsBase & RIGHT.pathFilestatGet) !== 0;
    if (next === 2 || (known && !tellsInode)) return;
    const stat = next === 1 ? fstatSync(directory.hostFd, { bigint: true }) : statOf(directory.base + entry.name);
    if (stat === undefined) return;
    // some file systems do not say in the listing what is what
    if (!known) record[20] = fileTypeOf(stat);
    if (tellsInode) record.writeBigUInt64LE(BigInt.asUintN(64, stat.ino), 8);
  }

  function statOf(path: string): BigIntStats | undefined {
    try {
      return lstatSync(path, { bigint: true, throwIfNoEntry: false });
    } catch (error) {
      // a directory that may be listed but not entered: the names are all that there is to be had
      errnoOf(error);
      return undefined;
    }
  }

  return { fd_readdir };
}
