import type { BinaryReader } from "./binary-reader.ts";
import { functionReference, skipConstantExpression } from "./constant-expression.ts";
import type { ModuleLayout } from "./layout.ts";
import { malformed, overBound } from "./refusal.ts";
import { referenceType } from "./value-types.ts";

/** Element segment flags (core spec 5.5.12). */
const PASSIVE_OR_DECLARATIVE = 1;
const EXPLICIT_INDEX = 2;
const EXPRESSIONS = 4;

/**
 * Steps over the element section's segments and notes every function they refer to, if it can exist at all; of at most
 * `limit` elements together, because every instantiation makes a reference of each.
 */
export function skipElements(r: BinaryReader, layout: ModuleLayout, segments: number, limit: number): void {
  const { use } = layout;
  let sum = 0;
  for (let i = 0; i < segments; i++) {
    const at = r.at;
    const flags = r.u32();
    if (flags > 7) throw malformed("unknown element segment", at);
    if (flags !== 0 && !use.allowed.bulkMemory) use.need("bulkMemory", `an element segment of kind ${flags}`);
    if ((flags & PASSIVE_OR_DECLARATIVE) === 0) {
      if ((flags & EXPLICIT_INDEX) !== 0) r.u32();
      skipConstantExpression(r, layout);
    }
    // The element kind or reference type; left out for an active segment of table 0.
    if ((flags & (PASSIVE_OR_DECLARATIVE | EXPLICIT_INDEX)) !== 0) {
      if ((flags & EXPRESSIONS) !== 0) referenceType(r, use);
      else if (r.byte() !== 0) throw malformed("unknown element kind", r.at - 1);
    }
    const count = r.count();
    sum += count;
    if (sum > limit) throw overBound("the number of elements of all segments", sum, limit);
    for (let item = 0; item < count; item++) {
      if ((flags & EXPRESSIONS) !== 0) skipConstantExpression(r, layout);
      else functionReference(r, layout);
    }
  }
}
