import type { BinaryReader } from "./binary-reader.ts";
import type { FeatureUse } from "./features.ts";
import * as I from "./opcodes.ts";
import { unsupported } from "./refusal.ts";

/** i32x4.relaxed_dot_i8x16_i7x16_add_s, the last of relaxed SIMD; none has immediates. */
const LAST_RELAXED = 0x113;

/** Where a memory argument names its memory (core spec 5.4.7): bit 6 of the alignment. */
const MEMORY_INDEX = 0x40;

/** Steps over a memory argument: alignment, where that says so the memory's index, and offset. */
export function memoryArgument(r: BinaryReader, use: FeatureUse): void {
  if ((r.u32() & MEMORY_INDEX) !== 0) {
    use.need("multiMemory", "a memory index in a load or store");
    r.u32();
  }
  r.skipLeb();
}

/** Steps over what follows the prefix 0xfd, and answers the opcode. */
export function simdImmediates(r: BinaryReader, use: FeatureUse): number {
  const op = r.u32();
  if (op >= 0x100 && op <= LAST_RELAXED) {
    use.need("relaxedSimd", `instruction 0xfd 0x${op.toString(16)}`);
    return op;
  }
  const kind = op < 0x100 ? I.SIMD_IMMEDIATE[op]! : I.UNKNOWN;
  if (kind === I.UNKNOWN) throw unsupported(`unknown opcode 0xfd 0x${op.toString(16)}`);
  if (kind === I.BYTES16) r.skip(16);
  else if (kind === I.LEB) r.byte();
  else if (kind !== I.NONE) {
    memoryArgument(r, use);
    if (kind === I.MEMARG_LANE) r.byte();
  }
  return op;
}

/** The value of a short `i32.const` at `at`; -1 for another instruction, a negative or a long constant. */
export function shortConstant(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== I.OP.i32Const) return -1;
  const low = bytes[at + 1]!;
  if (low < 0x40) return low;
  const high = bytes[at + 2]!;
  return low >= 0x80 && high < 0x40 ? (high << 7) | (low & 0x7f) : -1;
}
