import type { BinaryReader } from "./binary-reader.ts";
import * as I from "./opcodes.ts";
import { unsupported } from "./refusal.ts";
import { valueType } from "./section-items.ts";

/** A block without results, and one with a single result. */
export const NO_RESULT = -1;
export const ONE_RESULT = -2;

/** Reads a block's type: {@link NO_RESULT}, {@link ONE_RESULT}, or a type index; what else it may be is refused. */
export function blockType(r: BinaryReader): number {
  const first = r.bytes[r.at] ?? 0;
  if (first === 0x40) {
    r.at++;
    return NO_RESULT;
  }
  if (first > 0x40 && first < 0x80) {
    valueType(r);
    return ONE_RESULT;
  }
  // A type index is a non-negative s33: as an unsigned number it has the same bytes.
  return r.u32();
}

/** Steps over what follows the prefix 0xfd; an opcode that is not of the fixed-width SIMD proposal is refused. */
export function simdImmediates(r: BinaryReader): void {
  const op = r.u32();
  if (op >= 0x100 && op < 0x130) throw unsupported("relaxed SIMD, whose results differ between machines");
  const kind = op < 0x100 ? I.SIMD_IMMEDIATE[op]! : I.UNKNOWN;
  if (kind === I.UNKNOWN) throw unsupported(`unknown opcode 0xfd 0x${op.toString(16)}`);
  if (kind === I.BYTES16) r.skip(16);
  else if (kind === I.LEB) r.byte();
  else if (kind !== I.NONE) {
    if (r.u32() >= 0x40) throw unsupported("a memory index in a load or store (multi-memory)");
    r.skipLeb();
    if (kind === I.MEMARG_LANE) r.byte();
  }
}

/** The value of a short `i32.const` at `at`; -1 for another instruction, a negative or a long constant. */
export function shortConstant(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== I.OP.i32Const) return -1;
  const low = bytes[at + 1]!;
  if (low < 0x40) return low;
  const high = bytes[at + 2]!;
  return low >= 0x80 && high < 0x40 ? (high << 7) | (low & 0x7f) : -1;
}
