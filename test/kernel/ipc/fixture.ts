import type { Chain } from "../../../src/chain/chain.ts";
import { isFault } from "../../../src/contract/fault.ts";
import type { Change, StateTransaction } from "../../../src/contract/state.ts";

import type { AgentRecord, MessageRecord } from "../../../src/kernel/records.ts";
import { count, readRow, readRows, writeRow } from "../../../src/kernel/rows.ts";
import { agentRecord } from "../agent-record.ts";

/** An agent as a spawn would leave it, in the state that is asked for. */
export function addAgent(state: StateTransaction, more: Partial<AgentRecord> = {}): number {
  const pid = count(state, "pid");
  const record = agentRecord(pid, { created: state.time, ...more });
  writeRow(state, "agent", [pid], record);
  writeRow(state, "agent-id", [record.agent_id], pid);
  state.event({ source: "kernel", kind: "agent.spawned", payload: { pid } });
  return pid;
}

/** What the change answers, or a failed test where it did not come true. */
export async function commit<T>(chain: Chain, change: Change<T>): Promise<T> {
  const done = await chain.commit(change, "committed");
  if (isFault(done)) throw new Error(`${done.code}: ${done.message}`);
  return done.value;
}

/** Adds as many agents and answers their pids. */
export function addAgents(chain: Chain, many: number): Promise<number[]> {
  return commit(chain, (state) => Array.from({ length: many }, () => addAgent(state)));
}

/** What is in an inbox, oldest first. */
export function inbox(chain: Chain, pid: number): MessageRecord[] {
  return chain.read((state) => {
    const messages = readRows(state, "inbox", [pid]).map(({ row }) => row);
    if ((readRow(state, "mail", pid) ?? 0) !== messages.length) throw new Error("the inbox is miscounted");
    return messages;
  });
}
