import type { Capabilities } from "../../contract/capabilities.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { StateReader } from "../../contract/state.ts";
import { mailOf } from "../ipc/deliver.ts";
import type { KernelTool } from "../kernel-tool.ts";
import type { AgentState, Supervision } from "../records.ts";
import { DAMAGED, damageFault, lookAtRow } from "../rows.ts";
import { logOf } from "./exit.ts";
import type { AgentsOptions } from "./options.ts";
import { agentAt, damagedAgents, liveAgents, sees, unknownAgent } from "./table.ts";

/**
 * Agents that have not exited, by pid; an agent sees itself and what is below it. One whose record is damaged is listed as
 * such, with what is known of it from elsewhere.
 */
export function listTool({ ledger }: AgentsOptions): KernelTool {
  return (caller) =>
    ledger.read((state) => {
      const agents = listAgents(state).filter(({ pid }) => sees(state, caller, pid));
      return { agents, count: agents.length };
    });
}

/** One agent in a list. */
export interface ListedAgent extends JsonObject {
  readonly pid: number;
  readonly agent_id: string;
  readonly state: AgentState | "damaged";
  readonly template: string;
  readonly parent_pid: number;
  readonly inbox: number;
}

/** Agents that have not exited, by pid. */
export function listAgents(state: StateReader): ListedAgent[] {
  const damaged = damagedAgents(state).map((agent) => ({ ...agent, state: "damaged", template: "" }) as const);
  return [...liveAgents(state), ...damaged]
    .map(({ pid, agent_id, state: stands, template, parent_pid }) => ({
      pid,
      agent_id,
      state: stands,
      template,
      parent_pid,
      inbox: mailOf(state, pid),
    }))
    .sort((a, b) => a.pid - b.pid);
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
        last_error: stateProblem(state, pid) ?? agent.last_error ?? null,
        ...(agent.state === "exited" && agent.exit !== undefined && { exit: { ...agent.exit } }),
        log: [...logOf(state, pid)],
        host: agent.host,
      };
    });
}

/** Why an agent handles nothing though it is sound: what it kept from message to message is not. */
function stateProblem(state: StateReader, pid: number): string | undefined {
  if (lookAtRow(state, "agent-state", pid) !== DAMAGED) return undefined;
  const { code, message } = damageFault(["agent-state", pid]);
  return `${code}: ${message}`;
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
