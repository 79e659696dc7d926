import type { Capabilities } from "../../contract/capabilities.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { KernelTool } from "../kernel-tool.ts";
import type { Supervision } from "../records.ts";
import { readRow } from "../rows.ts";
import type { AgentsOptions } from "./options.ts";
import { agentAt, liveAgents, sees, unknownAgent } from "./table.ts";

/** Agents that have not exited, by pid; an agent sees itself and what is below it. */
export function listTool({ ledger }: AgentsOptions): KernelTool {
  return (caller) =>
    ledger.read((state) => {
      const agents = liveAgents(state)
        .filter(({ pid }) => sees(state, caller, pid))
        .map((agent) => ({
          pid: agent.pid,
          agent_id: agent.agent_id,
          state: agent.state,
          template: agent.template,
          parent_pid: agent.parent_pid,
          inbox: readRow(state, "mail", agent.pid) ?? 0,
        }));
      return { agents, count: agents.length };
    });
}

/** One agent, also for some time after it has exited. */
export function inspectTool({ ledger }: AgentsOptions): KernelTool {
  return (caller, args) =>
    ledger.read((state) => {
      const pid = Number(args.pid);
      const agent = agentAt(state, pid);
      if (agent === undefined || !sees(state, caller, pid)) return unknownAgent(pid);
      return {
        pid,
        agent_id: agent.agent_id,
        state: agent.state,
        parent_pid: agent.parent_pid,
        template: agent.template,
        backend: agent.backend,
        capabilities: capabilitiesDocument(agent.capabilities, agent.supervision),
        resource_usage: { ...agent.usage },
        restarts: agent.restarts,
        last_error: agent.last_error ?? null,
        ...(agent.state === "exited" && agent.exit !== undefined && { exit: { ...agent.exit } }),
        log: [...(readRow(state, "agent-log", pid) ?? [])],
        host: agent.host,
      };
    });
}

/** Capabilities as a spawn takes them: reading them again gives the same. */
export function capabilitiesDocument(
  { tools, roots, ipc, env, limits, budget }: Capabilities,
  supervision: Supervision,
): JsonObject {
  return {
    tools: [...tools],
    roots: roots.map(({ path, access }) => ({ path, access })),
    ipc: { agents: ipc.agents, topics: [...ipc.topics] },
    env: [...env],
    limits: {
      ...(limits.fuel !== undefined && { fuel: limits.fuel }),
      ...(limits.memoryBytes !== undefined && { memory_bytes: limits.memoryBytes }),
      ...(limits.deadlineMs !== undefined && { deadline_ms: limits.deadlineMs }),
    },
    budget: {
      ...(budget.fuelPerMinute !== undefined && { fuel_per_minute: budget.fuelPerMinute }),
      ...(budget.callsPerMinute !== undefined && { calls_per_minute: budget.callsPerMinute }),
      ...(budget.messagesPerMinute !== undefined && { messages_per_minute: budget.messagesPerMinute }),
    },
    supervision: {
      restart: supervision.restart,
      max_restarts: supervision.maxRestarts,
      within_secs: supervision.withinSecs,
      backoff_ms: supervision.backoffMs,
      on_parent_exit: supervision.onParentExit,
    },
  };
}
