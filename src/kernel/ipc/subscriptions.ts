import { hash } from "node:crypto";
import type { Fault } from "../../contract/fault.ts";
import type { StateReader, StateTransaction } from "../../contract/state.ts";
import { patternProblem } from "../../contract/topic.ts";
import { refused } from "../fault.ts";
import { count, DAMAGED, hasRow, keysOf, lookAtRow, removeRow, writeRow } from "../rows.ts";
import { mutated } from "../tree/mutations.ts";

/** Most patterns that one pid is subscribed to. */
export const SUBSCRIPTIONS = 256;

/**
 * Subscribes a pid, which exists, to a pattern. True where that is new; where it was subscribed already nothing changes
 * and nothing is recorded. Refuses what is no pattern, and the 257th.
 */
export function addSubscription(state: StateTransaction, pid: number, pattern: string, by: string): boolean | Fault {
  const problem = patternProblem(pattern);
  if (problem !== undefined) return refused("invalid-topic", `the topic ${problem}`);
  if (hasRow(state, "subscription", pattern, pid)) return false;
  if (keysOf(state, "subscription-of", [pid], { limit: SUBSCRIPTIONS }).length >= SUBSCRIPTIONS) {
    return refused(
      "too-many-subscriptions",
      `pid ${pid} is subscribed to ${SUBSCRIPTIONS} topics, its limit: use a pattern with * or **`,
      { pid, limit: SUBSCRIPTIONS },
    );
  }
  writeRow(state, "subscription", [pattern, pid], true);
  writeRow(state, "subscription-of", [pid, pattern], true);
  turn(state, `+ ${pid} ${pattern}`);
  state.event({ source: "kernel", kind: "ipc.subscribed", payload: { pid, topic: pattern, by } });
  return true;
}

/** Ends one subscription; false where there is none, and then nothing changes. */
export function removeSubscription(state: StateTransaction, pid: number, pattern: string, by: string): boolean {
  if (!hasRow(state, "subscription", pattern, pid)) return false;
  removeRow(state, "subscription", pattern, pid);
  removeRow(state, "subscription-of", pid, pattern);
  turn(state, `- ${pid} ${pattern}`);
  state.event({ source: "kernel", kind: "ipc.unsubscribed", payload: { pid, topic: pattern, by } });
  return true;
}

/** Ends all subscriptions of a pid, at its exit. */
export function removeSubscriptions(state: StateTransaction, pid: number, by: string): void {
  for (const pattern of subscriptionsOf(state, pid)) removeSubscription(state, pid, pattern, by);
}

/** The patterns that a pid is subscribed to, in order. */
export function subscriptionsOf(state: StateReader, pid: number): readonly string[] {
  return keysOf(state, "subscription-of", [pid]).map((key) => key[1] as string);
}

/** Adds what was done to the digest of the history: the topic index is kept by it. */
function turn(state: StateTransaction, what: string): void {
  mutated(state, "topics");
  const known = lookAtRow(state, "subscriptions") ?? "";
  // A history that is damaged begins anew, and as no other did.
  const before = known === DAMAGED ? `anew ${state.time} ${count(state, "subscriptions")}` : known;
  writeRow(state, "subscriptions", [], hash("sha256", `${before}\n${what}`, "hex"));
}
