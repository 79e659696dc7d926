import type { StateReader, StateTransaction } from "../../contract/state.ts";
import { count, readRow } from "../rows.ts";

/** The parts of the tree whose rows change while hosts run. */
export const PARTS = ["agents", "topics", "cron", "kv"] as const;
export type Part = (typeof PARTS)[number];

/** Says that a change alters a part of the tree; each change that does must say so, or the tree may be read from before it. */
export function mutated(state: StateTransaction, part: Part): void {
  count(state, `tree.${part}`);
}

/** How often a part was altered since the state was made. */
export function mutations(state: StateReader, part: Part): number {
  return readRow(state, "counter", `tree.${part}`) ?? 0;
}
