import type { Fault } from "../../contract/fault.ts";
import type { StateReader, StateTransaction } from "../../contract/state.ts";
import type { Caller } from "../caller.ts";
import { refused } from "../fault.ts";
import type { AgentRecord } from "../records.ts";
import { DAMAGED, keysOf, lookAtRow, readRow, soundRows, writeRow } from "../rows.ts";
import { mutated } from "../tree/mutations.ts";

/** The agent with this pid, whatever its state; undefined for nobody and for a client. */
export function agentAt(state: StateReader, pid: number): AgentRecord | undefined {
  const record = readRow(state, "agent", pid);
  return record?.kind === "agent" ? record : undefined;
}

/** Agents that have not exited and whose records can be read, by pid. */
export function liveAgents(state: StateReader): AgentRecord[] {
  return soundRows(state, "agent-id")
    .flatMap(({ row: pid }) => {
      const record = lookAtRow(state, "agent", pid);
      return record === undefined || record === DAMAGED || record.kind !== "agent" ? [] : [record];
    })
    .sort((a, b) => a.pid - b.pid);
}

/** An agent of whose record nothing can be read; its name and its messages are known from elsewhere. */
export interface DamagedAgent {
  readonly pid: number;
  readonly agent_id: string;
  /** As far as its parent's children tell. */
  readonly parent_pid: number;
}

/**
 * Agents that have not exited and whose records are damaged, by pid. They run nowhere and get no messages, until somebody
 * stops them by force.
 */
export function damagedAgents(state: StateReader): DamagedAgent[] {
  const clients = new Set(soundRows(state, "client").map(({ row: pid }) => pid));
  return soundRows(state, "agent-id")
    .filter(({ row: pid }) => !clients.has(pid) && lookAtRow(state, "agent", pid) === DAMAGED)
    .map(({ key, row: pid }) => ({ pid, agent_id: String(key[0]), parent_pid: parentOf(state, pid) }))
    .sort((a, b) => a.pid - b.pid);
}

function parentOf(state: StateReader, pid: number): number {
  return Number(keysOf(state, "child").find(([, child]) => child === pid)?.[0] ?? 0);
}

/** Writes an agent; where it is new or its state moved, the tree has changed. */
export function writeAgent(state: StateTransaction, agent: AgentRecord): void {
  if (agentAt(state, agent.pid)?.state !== agent.state) mutated(state, "agents");
  writeRow(state, "agent", [agent.pid], agent);
}

/** Pids of the children that have not exited. */
export function childrenOf(state: StateReader, pid: number): number[] {
  return keysOf(state, "child", [pid]).map((key) => Number(key[1]));
}

/** Whether `pid` is below `ancestor`; nobody is below itself, and nobody is where a record between them is damaged. */
export function isBelow(state: StateReader, ancestor: number, pid: number): boolean {
  const above = (at: number): number => {
    const record = lookAtRow(state, "agent", at);
    return record === undefined || record === DAMAGED || record.kind !== "agent" ? 0 : record.parent_pid;
  };
  const seen = new Set<number>();
  for (let at = above(pid); at !== 0 && !seen.has(at); at = above(at)) {
    if (at === ancestor) return true;
    seen.add(at);
  }
  return false;
}

/** Whether a caller may see the agent: an agent sees itself and what is below it, all others see all. */
export function sees(state: StateReader, caller: Caller, pid: number): boolean {
  return caller.capabilities === undefined || caller.pid === pid || isBelow(state, caller.pid, pid);
}

/** The agent that a caller means and may manage: an agent manages what is below it, all others manage all. */
export function managed(state: StateReader, caller: Caller, pid: number): AgentRecord | Fault {
  const agent = agentAt(state, pid);
  if (agent === undefined) return unknownAgent(pid);
  if (caller.capabilities === undefined || isBelow(state, caller.pid, pid)) return agent;
  return refused(
    "permission-denied",
    caller.pid === pid
      ? "an agent does not manage itself: answer exit to end"
      : `pid ${pid} is not below the agent that calls: it may manage its own descendants only`,
    { pid },
  );
}

export function unknownAgent(pid: number): Fault {
  return refused("agent-not-found", `there is no agent with pid ${pid}: list the agents to see those there are`, {
    pid,
  });
}
