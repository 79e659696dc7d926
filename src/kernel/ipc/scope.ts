import type { Fault } from "../../contract/fault.ts";
import type { StateReader } from "../../contract/state.ts";
import { covers } from "../../contract/topic.ts";
import type { Caller } from "../caller.ts";
import { refused } from "../fault.ts";
import { DAMAGED, lookAtRow } from "../rows.ts";
import { isPid } from "./send.ts";

/** Deeper families than this there are not: a child is younger than its parent, and the table is small. */
const GENERATIONS = 10_000;

/**
 * Why the caller may not reach this pid, by its `ipc` capability; undefined where it may. The gate has asked before; here it
 * is asked of the state that the change really acts on.
 */
export function beyondReach(state: StateReader, caller: Caller, pid: number): Fault | undefined {
  const reach = caller.capabilities?.ipc.agents ?? "all";
  if (reach === "all") return undefined;
  if (reach !== "none" && pid === caller.pid) return undefined;
  if (reach === "children" && isDescendant(state, pid, caller.pid)) return undefined;
  return refused("ipc-scope", `${caller.principal} reaches ${reach} by messages: pid ${pid} is beyond`, { pid, reach });
}

/** Why the caller may not use this topic or pattern; undefined where one of its own patterns covers it. */
export function beyondTopics(caller: Caller, pattern: string): Fault | undefined {
  const topics = caller.capabilities?.ipc.topics;
  if (topics === undefined || topics.some((own) => covers(own, pattern))) return undefined;
  const held = topics.length === 0 ? "no topics" : `the topics ${topics.join(", ")}`;
  return refused("ipc-scope", `${caller.principal} holds ${held}: ${pattern} is beyond`, { topic: pattern });
}

function isDescendant(state: StateReader, pid: number, ancestor: number): boolean {
  let parent = isPid(pid) ? parentOf(state, pid) : 0;
  for (let i = 0; i < GENERATIONS && parent !== 0; i++) {
    if (parent === ancestor) return true;
    parent = parentOf(state, parent);
  }
  return false;
}

/** 0 where there is none, and where the record is damaged: then nobody is above it. */
function parentOf(state: StateReader, pid: number): number {
  const record = lookAtRow(state, "agent", pid);
  return record === undefined || record === DAMAGED ? 0 : record.parent_pid;
}
