import type { BinaryReader } from "./binary-reader.ts";
import type { ModuleLayout } from "./layout.ts";
import { BYTES4, BYTES8, BYTES16, IMMEDIATE, LEB, NONE, OP } from "./opcodes.ts";
import { malformed, unsupported } from "./refusal.ts";
import { objectBytes } from "./type-section.ts";
import { heapType } from "./value-types.ts";

/** Instructions behind the prefix 0xfb that are constant (core spec 3.4.13). */
const GC = {
  structNew: 0,
  structNewDefault: 1,
  arrayNew: 6,
  arrayNewDefault: 7,
  arrayNewFixed: 8,
  anyConvertExtern: 26,
  externConvertAny: 27,
  refI31: 28,
} as const;

/**
 * Steps over a constant expression, notes the functions that it refers to, and sums up what it allocates: no fuel pays
 * for it. An array's length must be a literal therefore.
 */
export function skipConstantExpression(r: BinaryReader, layout: ModuleLayout): void {
  /** The value of the instruction before, where that is an `i32.const`. */
  let literal = -1;
  for (;;) {
    const at = r.at;
    const op = r.byte();
    const length = literal;
    literal = -1;
    switch (op) {
      case OP.end:
        return;
      case OP.refFunc:
        functionReference(r, layout);
        break;
      case OP.refNull:
        heapType(r, layout.use);
        break;
      case OP.prefixSimd:
        if (r.u32() !== 12) throw malformed("instruction is not constant", at);
        r.skip(16);
        break;
      case OP.prefixGc:
        layout.use.need("gc", "an object in a constant expression");
        gcConstant(r, layout, length, at);
        break;
      case OP.i32Const:
        literal = literalAt(r);
        break;
      case OP.globalGet:
      case OP.i64Const:
      case 0x43:
      case 0x44:
        skipImmediate(r, IMMEDIATE[op]!);
        break;
      case 0x6a:
      case 0x6b:
      case 0x6c:
      case 0x7c:
      case 0x7d:
      case 0x7e:
        layout.use.need("extendedConstants", "arithmetic in a constant expression");
        break;
      default:
        throw unsupported(`instruction 0x${op.toString(16)} in a constant expression`);
    }
  }
}

/** The value of an `i32.const`, read as unsigned. */
function literalAt(r: BinaryReader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = r.byte();
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return (byte & 0x40) !== 0 && shift < 28 ? 2 ** 32 - (2 ** (shift + 7) - value) : value % 2 ** 32;
  }
  throw malformed("integer too long", r.at);
}

function gcConstant(r: BinaryReader, layout: ModuleLayout, literal: number, at: number): void {
  const op = r.u32();
  switch (op) {
    case GC.structNew:
    case GC.structNewDefault:
      layout.constantBytes += objectBytes(layout.typeBytes[r.u32()] ?? 0, 1);
      return;
    case GC.arrayNew:
    case GC.arrayNewDefault: {
      if (literal < 0) throw unsupported("an array in a constant expression whose length is not a literal");
      layout.constantBytes += objectBytes(layout.typeBytes[r.u32()] ?? 0, literal);
      return;
    }
    case GC.arrayNewFixed: {
      const type = r.u32();
      layout.constantBytes += objectBytes(layout.typeBytes[type] ?? 0, r.u32());
      return;
    }
    case GC.anyConvertExtern:
    case GC.externConvertAny:
    case GC.refI31:
      return;
    default:
      throw malformed("instruction is not constant", at);
  }
}

function skipImmediate(r: BinaryReader, kind: number): void {
  if (kind === LEB) r.skipLeb();
  else if (kind === BYTES4) r.skip(4);
  else if (kind === BYTES8) r.skip(8);
  else if (kind === BYTES16) r.skip(16);
  else if (kind !== NONE) throw malformed("instruction is not constant", r.at);
}

/** Notes that something but a direct call can reach a function; one that is imported is reached in another way. */
export function functionReference(r: BinaryReader, layout: ModuleLayout): void {
  const start = r.at;
  const index = r.u32();
  layout.referenced[index] = 1;
  if (index >= layout.importedFunctions.length) return;
  layout.importReferences.push({ start, end: r.at, index });
  layout.referencedImports.add(index);
}
