import type { StateReader } from "../contract/state.ts";
import { readRows } from "./rows.ts";

/** How much the state holds. */
export interface Inventory {
  readonly agents: number;
  readonly jobs: number;
  /** In inboxes. */
  readonly messages: number;
  readonly deadLetters: number;
}

/** Counts what the kernel has in the state, reading all of it; throws where a row cannot be read, and names it. */
export function takeInventory(state: StateReader): Inventory {
  const agents = readRows(state, "agent").filter(({ row }) => row.kind === "agent" && row.state !== "exited");
  return {
    agents: agents.length,
    jobs: readRows(state, "job").length,
    messages: readRows(state, "inbox").length,
    deadLetters: readRows(state, "dead").length,
  };
}
