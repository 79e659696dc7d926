import type { Fault } from "../../contract/fault.ts";
import type { StateReader, StateTransaction } from "../../contract/state.ts";
import type { Caller } from "../caller.ts";
import { refused } from "../fault.ts";
import type { AgentRecord } from "../records.ts";
import { readRow, readRows, writeRow } from "../rows.ts";
import { mutated } from "../tree/mutations.ts";

/** The agent with this pid, whatever its state; undefined for nobody and for a client. */
export function agentAt(state: StateReader, pid: number): AgentRecord | undefined {
  const record = readRow(state, "agent", pid);
  return record?.kind === "agent" ? record : undefined;
}

/** Agents that have not exited, by pid. */
export function liveAgents(state: StateReader): AgentRecord[] {
  return readRows(state, "agent-id")
    .flatMap(({ row: pid }) => agentAt(state, pid) ?? [])
    .sort((a, b) => a.pid - b.pid);
}

/** Writes an agent; where it is new or its state moved, the tree has changed. */
export function writeAgent(state: StateTransaction, agent: AgentRecord): void {
  if (agentAt(state, agent.pid)?.state !== agent.state) mutated(state, "agents");
  writeRow(state, "agent", [agent.pid], agent);
}

/** Pids of the children that have not exited. */
export function childrenOf(state: StateReader, pid: number): number[] {
  return readRows(state, "child", [pid]).map(({ key }) => Number(key[1]));
}

/** Whether `pid` is below `ancestor`; nobody is below itself. */
export function isBelow(state: StateReader, ancestor: number, pid: number): boolean {
  const seen = new Set<number>();
  for (let at = agentAt(state, pid)?.parent_pid ?? 0; at !== 0 && !seen.has(at); ) {
    if (at === ancestor) return true;
    seen.add(at);
    at = agentAt(state, at)?.parent_pid ?? 0;
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
