import { NO_CAPABILITIES } from "../../src/contract/capabilities.ts";
import { type AgentRecord, UNUSED } from "../../src/kernel/records.ts";

/** The record of an agent as a spawn leaves it, but for what is asked for. */
export function agentRecord(pid: number, more: Partial<AgentRecord> = {}): AgentRecord {
  return {
    pid,
    kind: "agent",
    agent_id: `a${pid}`,
    state: "running",
    template: "mailbox",
    backend: "wasm",
    parent_pid: 0,
    spawned_by: "client:stdio",
    capabilities: NO_CAPABILITIES,
    supervision: { restart: "transient", maxRestarts: 3, withinSecs: 60, backoffMs: 100, onParentExit: "stop" },
    host: "",
    ...UNUSED,
    created: 0,
    ...more,
  };
}
