import type { BinaryWriter } from "./binary-writer.ts";
import { copyIndices } from "./index-copy.ts";
import type { ModuleLayout, Section, TypeVector } from "./layout.ts";
import { afterLeb } from "./local-declarations.ts";
import { type Signatures, WITNESS } from "./signatures.ts";

const FUNCTION_FORM = 0x60;
const STRUCT_FORM = 0x5f;
const GROUP_FORM = 0x4e;
/** A nullable reference to a heap type that follows. */
const REF_NULL = 0x63;
/** The counter is an i64. */
const COUNTER_TYPE = 0x7e;

/** Each function type with the counter behind its parameters and results, then what is appended. */
export function emitTypes(out: BinaryWriter, layout: ModuleLayout, section: Section, signatures: Signatures): void {
  const { bytes, types, typeParameters, typeResults } = layout;
  const { appended, resultTypes } = signatures;
  const groups = appended.filter((type) => types[type]?.group === type).length;
  out.reserve(5);
  out.u32(layout.typeItems + groups + resultTypes.length);
  let at = afterLeb(bytes, section.start);
  for (let type = 0; type < types.length; type++) {
    const results = typeResults[type]!;
    if (results.end === 0) continue;
    out.copy(bytes, at, typeParameters[type]!.start);
    emitLonger(out, bytes, typeParameters[type]!);
    emitLonger(out, bytes, results);
    at = results.end;
  }
  out.copy(bytes, at, section.end);
  let last = 0;
  for (const type of appended) {
    if (type === WITNESS) emitWitness(out, types[last]!.group);
    else emitOriginal(out, layout, type, signatures);
    last = type;
  }
  for (const type of resultTypes) {
    out.reserve(2);
    out.byte(FUNCTION_FORM);
    out.byte(0);
    out.copy(bytes, typeResults[type]!.start, typeResults[type]!.end);
  }
}

/** A type as it was, but that supertypes of functions are originals as well; the first of a group opens the group. */
function emitOriginal(out: BinaryWriter, layout: ModuleLayout, type: number, signatures: Signatures): void {
  const { bytes, typeResults } = layout;
  const { start, end, supertypes, group, groupSize, recursive, open } = layout.types[type]!;
  if ((recursive || open) && group === type) {
    out.reserve(6);
    out.byte(GROUP_FORM);
    out.u32(groupSize + 1);
  }
  const spans = typeResults[type]!.end === 0 ? [] : supertypes;
  copyIndices(out, bytes, start, end, spans, (index) => signatures.original(index));
}

/** A struct whose one field is a reference to the first type of a group. */
function emitWitness(out: BinaryWriter, group: number): void {
  out.reserve(16);
  out.byte(STRUCT_FORM);
  out.byte(1);
  out.byte(REF_NULL);
  out.signed(group);
  out.byte(0);
}

/** A vector of value types with the counter's behind it. */
function emitLonger(out: BinaryWriter, bytes: Uint8Array, vector: TypeVector): void {
  out.reserve(6);
  out.u32(vector.count + 1);
  out.copy(bytes, afterLeb(bytes, vector.start), vector.end);
  out.reserve(1);
  out.byte(COUNTER_TYPE);
}
