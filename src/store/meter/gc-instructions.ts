import type { BinaryReader } from "./binary-reader.ts";
import type { ModuleLayout } from "./layout.ts";
import { unsupported } from "./refusal.ts";
import { objectBytes } from "./type-section.ts";
import { heapType } from "./value-types.ts";

/**
 * What an instruction behind the prefix 0xfb does beside its work on values (core spec 5.4.6). Each costs 1; those whose
 * work hangs on a length on top of the stack (`array.new`, `new_default`, `new_data`, `new_elem`, `fill`, `copy`,
 * `init_data`, `init_elem`) cost that length in elements more, as in Wasmtime (func_environ.rs and gc.rs,
 * `pre_translate_bulk_op`); `array.new_fixed` does not. What is made is charged to the memory limit as well, and never
 * given back: what a run allocates in all is bounded, and so is what it can hold.
 */
export const GC_EFFECT = {
  none: 0,
  /** Makes an object of `bytes` bytes */
  makes: 1,
  /** Makes an array of as many elements of `bytes` bytes as the operand on top of the stack says */
  makesArray: 2,
  /** Works on as many elements as the operand on top of the stack says */
  bulk: 3,
  /** Jumps to `label` or goes on */
  branches: 4,
} as const;

export interface GcInstruction {
  effect: number;
  bytes: number;
  label: number;
}

const STRUCT_NEW = 0;
const STRUCT_NEW_DEFAULT = 1;
const STRUCT_GET = 2;
const STRUCT_SET = 5;
const ARRAY_NEW = 6;
const ARRAY_NEW_FIXED = 8;
const ARRAY_NEW_DATA = 9;
const ARRAY_NEW_ELEM = 10;
const ARRAY_GET = 11;
const ARRAY_SET = 14;
const ARRAY_LEN = 15;
const ARRAY_FILL = 16;
const ARRAY_COPY = 17;
const ARRAY_INIT_ELEM = 19;
const REF_TEST = 20;
const REF_CAST_NULL = 23;
const BR_ON_CAST = 24;
const BR_ON_CAST_FAIL = 25;
const I31_GET_U = 30;

/** Answers of one decoder at a time: written anew by each call. */
const decoded: GcInstruction = { effect: GC_EFFECT.none, bytes: 0, label: 0 };

/** Steps over what follows the prefix 0xfb and says what it does. The answer is good until the next call. */
export function gcInstruction(r: BinaryReader, layout: ModuleLayout): GcInstruction {
  const { use, typeBytes } = layout;
  const op = r.u32();
  use.need("gc", `instruction 0xfb 0x${op.toString(16)}`);
  decoded.effect = GC_EFFECT.none;
  if (op === STRUCT_NEW || op === STRUCT_NEW_DEFAULT) {
    decoded.effect = GC_EFFECT.makes;
    decoded.bytes = typeBytes[r.u32()] ?? 0;
  } else if (op >= STRUCT_GET && op <= STRUCT_SET) {
    r.u32();
    r.u32();
  } else if (op === ARRAY_NEW_FIXED) {
    const type = r.u32();
    decoded.effect = GC_EFFECT.makes;
    decoded.bytes = objectBytes(typeBytes[type] ?? 0, r.u32());
  } else if (op >= ARRAY_NEW && op <= ARRAY_NEW_ELEM) {
    decoded.effect = GC_EFFECT.makesArray;
    decoded.bytes = typeBytes[r.u32()] ?? 0;
    if (op === ARRAY_NEW_DATA || op === ARRAY_NEW_ELEM) r.u32();
  } else if (op >= ARRAY_GET && op <= ARRAY_SET) r.u32();
  else if (op >= ARRAY_FILL && op <= ARRAY_INIT_ELEM) {
    decoded.effect = GC_EFFECT.bulk;
    r.u32();
    if (op >= ARRAY_COPY) r.u32();
  } else if (op >= REF_TEST && op <= REF_CAST_NULL) heapType(r, use);
  else if (op === BR_ON_CAST || op === BR_ON_CAST_FAIL) {
    decoded.effect = GC_EFFECT.branches;
    r.byte();
    decoded.label = r.u32();
    heapType(r, use);
    heapType(r, use);
  } else if (op !== ARRAY_LEN && op > I31_GET_U) throw unsupported(`unknown opcode 0xfb 0x${op.toString(16)}`);
  return decoded;
}
