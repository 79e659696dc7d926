import type { BinaryReader } from "./binary-reader.ts";
import type { Feature, FeatureUse } from "./features.ts";
import { THREADS } from "./features.ts";
import { malformed, unsupported } from "./refusal.ts";

/** Bytes of a reference to a heap type that follows, null and not (core spec 5.3.4). */
const REF_NULL = 0x63;
const REF = 0x64;
const SHARED = 0x65;
const FUNC = 0x70;
const EXTERN = 0x6f;
const V128 = 0x7b;

/** The proposal that each abstract heap type but `func` came with (5.3.3); alone, the same byte is a nullable reference. */
const HEAP_TYPE: Readonly<Record<number, Feature>> = {
  [EXTERN]: "referenceTypes",
  105: "exceptions",
  116: "exceptions",
  115: "gc",
  114: "gc",
  113: "gc",
  110: "gc",
  109: "gc",
  108: "gc",
  107: "gc",
  106: "gc",
};

/** Steps over a value type (5.3.5) and answers how many bytes a value takes on the heap. */
export function valueType(r: BinaryReader, use: FeatureUse): number {
  const type = r.byte();
  if (type <= 0x7f && type > V128) return type === 0x7e || type === 0x7c ? 8 : 4;
  if (type === V128) {
    if (!use.allowed.simd) use.need("simd", "a value of type v128");
    return 16;
  }
  if (type === FUNC) return 8;
  r.at--;
  referenceType(r, use);
  return 8;
}

/** Steps over a reference type (5.3.4). */
export function referenceType(r: BinaryReader, use: FeatureUse): void {
  const type = r.byte();
  if (type === FUNC) return;
  if (type === REF || type === REF_NULL) {
    use.need("functionReferences", `value type 0x${type.toString(16)}`);
    heapType(r, use);
    return;
  }
  abstractType(type, use);
}

/** Steps over a heap type (5.3.3): one of the abstract ones or a type index. */
export function heapType(r: BinaryReader, use: FeatureUse): void {
  const first = r.bytes[r.at] ?? 0;
  if (first >= 0x40 && first < 0x80) {
    r.at++;
    if (first !== FUNC) abstractType(first, use);
    return;
  }
  use.need("functionReferences", "a reference to a type of the module");
  r.skipLeb();
}

/** A block without results, and one with a single result. */
export const NO_RESULT = -1;
export const ONE_RESULT = -2;

/** Reads a block's type (5.4.1): {@link NO_RESULT}, {@link ONE_RESULT} or a type index. */
export function blockType(r: BinaryReader, use: FeatureUse): number {
  const first = r.bytes[r.at] ?? 0;
  if (first === 0x40) {
    r.at++;
    return NO_RESULT;
  }
  if (first > 0x40 && first < 0x80) {
    valueType(r, use);
    return ONE_RESULT;
  }
  if (!use.allowed.multiValue) use.need("multiValue", "a block with parameters");
  // A type index is a non-negative s33: as an unsigned number it has the same bytes.
  return r.u32();
}

function abstractType(type: number, use: FeatureUse): void {
  if (type === SHARED) throw unsupported(`a shared type (${THREADS})`);
  const feature = HEAP_TYPE[type];
  if (feature === undefined) throw unsupported(`unknown type 0x${type.toString(16)}`);
  if (feature !== "referenceTypes" || !use.allowed.referenceTypes) use.need(feature, `type 0x${type.toString(16)}`);
}

/** A field's type (5.3.8), packed or not, with its mutability; answers how many bytes it takes. */
export function fieldType(r: BinaryReader, use: FeatureUse): number {
  const at = r.at;
  const packed = r.bytes[r.at];
  let size: number;
  if (packed === 0x78 || packed === 0x77) {
    r.at++;
    size = packed === 0x78 ? 1 : 2;
  } else size = valueType(r, use);
  if (r.byte() > 1) throw malformed("unknown mutability", at);
  return size;
}
