import type { BinaryReader } from "./binary-reader.ts";
import { malformed } from "./refusal.ts";

/** Kinds of catch clauses (core spec 5.4.1): the first two name a tag. */
const CATCH_REF = 1;
const CATCH_ALL_REF = 3;

/** Steps over the clauses of a `try_table` and answers their labels, as counted outside of it. */
export function catchClauses(r: BinaryReader): number[] {
  const labels: number[] = [];
  for (let clauses = r.count(); clauses > 0; clauses--) {
    const at = r.at;
    const kind = r.byte();
    if (kind > CATCH_ALL_REF) throw malformed("unknown catch clause", at);
    if (kind <= CATCH_REF) r.u32();
    labels.push(r.u32());
  }
  return labels;
}
