import type { BigIntStats } from "node:fs";
import type { FileTimes } from "./exact-times.ts";
import { FILE_TYPE, FSTFLAG } from "./layout.ts";
import { wallClock } from "./wall-clock.ts";

/** `filetype` of what a stat describes; anything that a guest cannot hold is `unknown`. */
export function fileTypeOf(stat: BigIntStats): number {
  if (stat.isFile()) return FILE_TYPE.regular;
  if (stat.isDirectory()) return FILE_TYPE.directory;
  return stat.isSymbolicLink() ? FILE_TYPE.symlink : FILE_TYPE.unknown;
}

/**
 * Whether a file has a name besides the one that led to it. That one may lie outside of every root, so what the names
 * share (content, mode, times) is changed through none of them.
 */
export function hasOtherNames(stat: { isFile(): boolean; readonly nlink: number | bigint }): boolean {
  return stat.isFile() && stat.nlink > 1;
}

/** Writes a `filestat` record of 64 bytes (witx: $filestat). The space was checked. */
export function writeFilestat(view: DataView, at: number, stat: BigIntStats, times: FileTimes): void {
  view.setBigUint64(at, stat.dev, true);
  view.setBigUint64(at + 8, stat.ino, true);
  view.setBigUint64(at + 16, BigInt(fileTypeOf(stat)), true);
  view.setBigUint64(at + 24, stat.nlink, true);
  view.setBigUint64(at + 32, stat.size, true);
  view.setBigUint64(at + 40, BigInt.asUintN(64, times.atimeNs), true);
  view.setBigUint64(at + 48, BigInt.asUintN(64, times.mtimeNs), true);
  view.setBigUint64(at + 56, BigInt.asUintN(64, stat.ctimeNs), true);
}

/**
 * The times that `fstflags` chooses: the given ones, the present, or what the file has now. Undefined when the flags
 * contradict each other or are not defined.
 */
export function chosenTimes(now: FileTimes, atim: bigint, mtim: bigint, flags: number): FileTimes | undefined {
  const { atim: setA, atimNow, mtim: setM, mtimNow } = FSTFLAG;
  if ((flags & setA && flags & atimNow) || (flags & setM && flags & mtimNow)) return undefined;
  if ((flags & ~15) !== 0) return undefined;
  const present = wallClock();
  return {
    atimeNs: flags & atimNow ? present : flags & setA ? BigInt.asUintN(64, atim) : now.atimeNs,
    mtimeNs: flags & mtimNow ? present : flags & setM ? BigInt.asUintN(64, mtim) : now.mtimeNs,
  };
}
