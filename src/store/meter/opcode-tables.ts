import type { Feature, FeatureSet, FeatureUse } from "./features.ts";
import { THREADS } from "./features.ts";
import * as I from "./opcodes.ts";
import { HEIGHT } from "./operand-heights.ts";
import { type Refusal, unsupported } from "./refusal.ts";

/** One look at a table says all that the walk has to know of most operators. */
export enum OPERATOR {
  /** What follows the opcode. */
  kindMask = 0x0f,
  /** From here on the cost, one bit. */
  costBit = 4,
  /** From here on the stack's change. */
  heightBits = 5,
}

/** Tables for one set of proposals: what is not on is UNKNOWN. */
export interface OpcodeTables {
  /** By opcode: see {@link OPERATOR}. */
  readonly plain: Int16Array;
  /** Immediates behind the prefix 0xfc. */
  readonly misc: Uint8Array;
}

/** `[from, to, proposal]` of one-byte opcodes that came after the first version (core spec, appendix A and 5.4). */
const PLAIN: readonly (readonly [number, number, Feature])[] = [
  [0x06, 0x07, "legacyExceptions"],
  [0x09, 0x09, "legacyExceptions"],
  [0x0a, 0x0a, "exceptions"],
  [0x12, 0x13, "tailCalls"],
  [0x14, 0x15, "functionReferences"],
  [0x18, 0x19, "legacyExceptions"],
  [0x1c, 0x1c, "referenceTypes"],
  [0x1f, 0x1f, "exceptions"],
  [0x25, 0x26, "referenceTypes"],
  [0xc0, 0xc4, "signExtension"],
  [0xd0, 0xd2, "referenceTypes"],
  [0xd3, 0xd3, "gc"],
  [0xd4, 0xd6, "functionReferences"],
  [0xfb, 0xfb, "gc"],
  [0xfd, 0xfd, "simd"],
];

/** The same behind the prefix 0xfc. */
const MISC: readonly (readonly [number, number, Feature])[] = [
  [0, 7, "saturatingConversions"],
  [8, 14, "bulkMemory"],
  [15, 17, "referenceTypes"],
];

/** What a proposal that is off by its opcode is called, where the proposal's own name would say too little. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x0a, "throw_ref"],
  [0x14, "call_ref"],
  [0x15, "return_call_ref"],
  [0x1f, "try_table"],
  [0xd3, "ref.eq"],
  [0xd4, "ref.as_non_null"],
  [0xd5, "br_on_null"],
  [0xd6, "br_on_non_null"],
]);

let kept: { readonly set: FeatureSet; readonly tables: OpcodeTables } | undefined;

/** The tables for a set of proposals; those of the last one are kept. */
export function opcodeTables(set: FeatureSet): OpcodeTables {
  if (kept?.set !== set) {
    const immediates = I.IMMEDIATE.slice();
    const misc = I.MISC_IMMEDIATE.slice();
    for (const [from, to, feature] of PLAIN) if (!set[feature]) immediates.fill(I.UNKNOWN, from, to + 1);
    for (const [from, to, feature] of MISC) if (!set[feature]) misc.fill(I.UNKNOWN, from, to + 1);
    const plain = new Int16Array(256);
    for (let op = 0; op < 256; op++)
      plain[op] = immediates[op]! | (I.COST[op]! << OPERATOR.costBit) | (HEIGHT[op]! << OPERATOR.heightBits);
    kept = { set, tables: { plain, misc } };
  }
  return kept.tables;
}

/**
 * Remembers that a module uses an opcode of a proposal which not every engine runs, or refuses it. Each costs 1, as in Wasmtime.
 * What a callee of `call_ref` spends is counted; Wasmtime at its HEAD of August 2026 loses it, because it stores the
 * counter before `call` and `call_indirect` alone, and what a callee spent before it threw, because a handler does not
 * load it again (func_environ.rs, `fuel_before_op` and `fuel_after_op`).
 */
export function noteOpcode(op: number, use: FeatureUse): void {
  const what = NAMES.get(op) ?? `instruction 0x${op.toString(16)}`;
  for (const [from, to, feature] of PLAIN) if (op >= from && op <= to) use.need(feature, what);
  if (op === I.OP.returnCallRef) use.need("tailCalls", what);
}

/** Why an opcode that the tables do not know is refused. */
export function refusedOpcode(op: number, use: FeatureUse): Refusal {
  if (op === 0xfe) return unsupported(`an atomic instruction (${THREADS})`);
  return off(PLAIN, op, NAMES.get(op) ?? `instruction 0x${op.toString(16)}`, use, `0x${op.toString(16)}`);
}

/** The same behind the prefix 0xfc. */
export function refusedMiscOpcode(op: number, use: FeatureUse): Refusal {
  const number = `0xfc 0x${op.toString(16)}`;
  return off(MISC, op, `instruction ${number}`, use, number);
}

function off(
  table: readonly (readonly [number, number, Feature])[],
  op: number,
  what: string,
  use: FeatureUse,
  number: string,
): Refusal {
  for (const [from, to, feature] of table) if (op >= from && op <= to) use.need(feature, what);
  return unsupported(`unknown opcode ${number}`);
}
