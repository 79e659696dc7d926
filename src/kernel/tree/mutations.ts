import type { StateReader, StateTransaction } from "../../contract/state.ts";
import { count, DAMAGED, lookAtRow, removeRow, writeRow } from "../rows.ts";

/** The parts of the tree whose rows change while hosts run. */
export const PARTS = ["agents", "topics", "cron", "kv", "tools"] as const;
export type Part = (typeof PARTS)[number];

/** How many of the last alterations of a large part can be told one by one. */
const KEPT_CHANGES = 1024;

/** Says that a change alters a part of the tree; each change that does must say so, or the tree may be read from before it. */
export function mutated(state: StateTransaction, part: Part): void {
  count(state, `tree.${part}`);
}

/** The same for a value, so that a reader of many values reads anew only those that were altered. */
export function valueMutated(state: StateTransaction, namespace: string, key: string): void {
  const number = count(state, "tree.kv");
  writeRow(state, "tree-change", ["kv", number], [namespace, key]);
  if (number > KEPT_CHANGES) removeRow(state, "tree-change", "kv", number - KEPT_CHANGES);
}

/** How often a part was altered since the state was made; undefined where that is damaged, until it is altered again. */
export function mutations(state: StateReader, part: Part): number | undefined {
  const counted = lookAtRow(state, "counter", `tree.${part}`) ?? 0;
  return counted === DAMAGED ? undefined : counted;
}

/**
 * The bytes of a part's counter, for who asks with each call whether they are still the same: a third of the time of reading
 * the number. Of a part that was never altered there are none.
 */
export const mutationMark = (state: StateReader, part: Part): Uint8Array | undefined => state.get(COUNTERS[part]);

const COUNTERS = Object.fromEntries(PARTS.map((part) => [part, ["counter", `tree.${part}`]])) as unknown as Readonly<
  Record<Part, readonly [string, string]>
>;

/** The values that were altered after the first so many alterations and up to `to`; undefined where that is not known any more. */
export function alteredValues(state: StateReader, from: number, to: number): [string, string][] | undefined {
  if (to < from || to - from > KEPT_CHANGES) return undefined;
  const altered: [string, string][] = [];
  for (let number = from + 1; number <= to; number++) {
    const change = lookAtRow(state, "tree-change", "kv", number);
    if (change === undefined || change === DAMAGED) return undefined;
    altered.push(change as [string, string]);
  }
  return altered;
}
