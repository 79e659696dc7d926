import type { BinaryReader } from "./binary-reader.ts";
import type { ModuleBounds } from "./bounds.ts";
import type { IndexSpan, ModuleLayout, TypeEntry, TypeVector } from "./layout.ts";
import { malformed, overBound, unsupported } from "./refusal.ts";
import { fieldType, valueType } from "./value-types.ts";

/** Forms of a type (core spec 5.3.8 to 5.3.11). */
const RECURSIVE = 0x4e;
const SUB_FINAL = 0x4f;
const SUB = 0x50;
const ARRAY = 0x5e;
const STRUCT = 0x5f;
const FUNCTION = 0x60;

/** The vectors of a type that is no function. */
const NONE: TypeVector = { start: 0, end: 0, count: 0 };

/** What an object takes beside its fields, at most: its header, and what alignment and a collector add. */
const OBJECT_BYTES = 16;

/**
 * The type section's items (5.5.4). A group that refers to itself is one item and several types; it is types that are
 * bounded, and the values of function types.
 */
export function decodeTypes(r: BinaryReader, layout: ModuleLayout, items: number, bounds: ModuleBounds): void {
  const limit = bounds.types;
  layout.typeItems = items;
  for (let item = 0; item < items; item++) {
    if (r.bytes[r.at] !== RECURSIVE) {
      subType(r, layout, { group: layout.types.length, groupSize: 1, recursive: false });
      continue;
    }
    r.at++;
    layout.use.need("gc", "a recursive group of types");
    const types = r.u32();
    const sum = layout.typeParameters.length + types;
    if (sum > limit) throw overBound("the number of types", sum, limit);
    const group = { group: layout.types.length, groupSize: types, recursive: true };
    for (let i = 0; i < types; i++) subType(r, layout, group);
  }
  if (layout.typeParameters.length > limit) throw overBound("the number of types", layout.typeParameters.length, limit);
  boundValues(layout, bounds);
}

function boundValues({ typeParameters, typeResults }: ModuleLayout, bounds: ModuleBounds): void {
  let sum = 0;
  for (const [type, parameters] of typeParameters.entries()) {
    const values = parameters.count + typeResults[type]!.count;
    if (values > bounds.typeValues)
      throw overBound("the number of parameters and results of a function type", values, bounds.typeValues);
    sum += values;
  }
  if (sum > bounds.typeValuesPerModule)
    throw overBound("the number of parameters and results of all function types", sum, bounds.typeValuesPerModule);
}

type Group = Pick<TypeEntry, "group" | "groupSize" | "recursive">;

function subType(r: BinaryReader, layout: ModuleLayout, group: Group): void {
  const entry = r.at;
  const supertypes: IndexSpan[] = [];
  const form = r.bytes[r.at];
  if (form === SUB || form === SUB_FINAL) {
    r.at++;
    layout.use.need("gc", "a type with supertypes");
    for (let count = r.count(); count > 0; count--) {
      const start = r.at;
      const index = r.u32();
      supertypes.push({ start, end: r.at, index });
    }
  }
  const { use } = layout;
  const type = r.byte();
  let parameters = NONE;
  let results = NONE;
  let bytes = 0;
  switch (type) {
    case FUNCTION: {
      parameters = values(r, layout);
      results = values(r, layout);
      const { count } = results;
      if (count > 1 && !use.allowed.multiValue) use.need("multiValue", `a function type with ${count} results`);
      break;
    }
    case STRUCT:
      use.need("gc", "a struct type");
      bytes = OBJECT_BYTES;
      for (let fields = r.count(); fields > 0; fields--) bytes += Math.max(8, fieldType(r, use));
      break;
    case ARRAY:
      use.need("gc", "an array type");
      bytes = fieldType(r, use);
      break;
    case 0x65:
    case 0x5d:
    case 0x4d:
    case 0x4c:
      throw unsupported(`type form 0x${type.toString(16)} (a proposal that the store does not know)`);
    default:
      throw malformed(`unknown type form 0x${type.toString(16)}`, r.at - 1);
  }
  layout.typeParameters.push(parameters);
  layout.typeResults.push(results);
  layout.typeBytes.push(bytes);
  layout.types.push({ start: entry, end: r.at, supertypes, open: form === SUB || form === SUB_FINAL, ...group });
}

function values(r: BinaryReader, layout: ModuleLayout): TypeVector {
  const start = r.at;
  const count = r.count();
  for (let i = 0; i < count; i++) valueType(r, layout.use);
  return { start, end: r.at, count };
}

/** The most that one object of a struct type, or of an array type with so many elements, takes on the heap. */
export function objectBytes(typeBytes: number, elements: number): number {
  return OBJECT_BYTES + typeBytes * elements;
}
