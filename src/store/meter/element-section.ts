import type { BinaryReader } from "./binary-reader.ts";
import type { ModuleLayout } from "./layout.ts";
import { BYTES4, BYTES8, BYTES16, IMMEDIATE, LEB, NONE, OP } from "./opcodes.ts";
import { malformed, unsupported } from "./refusal.ts";

/** Element segment flags (core spec 5.5.12). */
const PASSIVE_OR_DECLARATIVE = 1;
const EXPLICIT_INDEX = 2;
const EXPRESSIONS = 4;

/** Steps over the element section's segments and notes every function they refer to, if it can exist at all. */
export function skipElements(r: BinaryReader, layout: ModuleLayout, segments: number): void {
  for (let i = 0; i < segments; i++) {
    const at = r.at;
    const flags = r.u32();
    if (flags > 7) throw malformed("unknown element segment", at);
    if ((flags & PASSIVE_OR_DECLARATIVE) === 0) {
      if ((flags & EXPLICIT_INDEX) !== 0) r.u32();
      skipConstantExpression(r, layout);
    }
    // The element kind or reference type; left out for an active segment of table 0.
    if ((flags & (PASSIVE_OR_DECLARATIVE | EXPLICIT_INDEX)) !== 0) {
      const type = r.byte();
      const known = (flags & EXPRESSIONS) !== 0 ? type === 0x70 || type === 0x6f : type === 0;
      if (!known) throw unsupported(`element type 0x${type.toString(16)} (typed references)`);
    }
    const count = r.count();
    for (let item = 0; item < count; item++) {
      if ((flags & EXPRESSIONS) !== 0) skipConstantExpression(r, layout);
      else functionReference(r, layout);
    }
  }
}

/** Steps over a constant expression (core spec 3.3.10, with extended constants) and notes the functions it refers to. */
export function skipConstantExpression(r: BinaryReader, layout: ModuleLayout): void {
  for (;;) {
    const at = r.at;
    const op = r.byte();
    switch (op) {
      case OP.end:
        return;
      case OP.refFunc:
        functionReference(r, layout);
        break;
      case OP.refNull:
        r.byte();
        break;
      case OP.prefixSimd:
        if (r.u32() !== 12) throw malformed("instruction is not constant", at);
        r.skip(16);
        break;
      case OP.globalGet:
      case OP.i32Const:
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
        break;
      default:
        throw unsupported(`instruction 0x${op.toString(16)} in a constant expression`);
    }
  }
}

/** Notes that something but a direct call can reach a function; one that is imported is reached in another way. */
function functionReference(r: BinaryReader, layout: ModuleLayout): void {
  const start = r.at;
  const index = r.u32();
  layout.referenced[index] = 1;
  if (index >= layout.imports.length) return;
  layout.importReferences.push({ start, end: r.at, index });
  layout.referencedImports.add(index);
}

function skipImmediate(r: BinaryReader, kind: number): void {
  if (kind === LEB) r.skipLeb();
  else if (kind === BYTES4) r.skip(4);
  else if (kind === BYTES8) r.skip(8);
  else if (kind === BYTES16) r.skip(16);
  else if (kind !== NONE) throw malformed("instruction is not constant", r.at);
}
