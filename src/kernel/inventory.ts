import type { StateReader } from "../contract/state.ts";
import { damagedAgents, liveAgents } from "./agents/table.ts";
import { keysOf } from "./rows.ts";

/** How much the state holds. */
export interface Inventory {
  readonly agents: number;
  readonly jobs: number;
  /** In inboxes. */
  readonly messages: number;
  readonly deadLetters: number;
}

/** Counts what the kernel has in the state, also what of it is damaged. */
export function takeInventory(state: StateReader): Inventory {
  return {
    agents: liveAgents(state).length + damagedAgents(state).length,
    jobs: keysOf(state, "job").length,
    messages: keysOf(state, "inbox").length,
    deadLetters: keysOf(state, "dead").length,
  };
}
