import { type Capabilities, exceeds } from "../../contract/capabilities.ts";
import { type Fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { StateTransaction } from "../../contract/state.ts";
import type { Caller } from "../caller.ts";
import { refused } from "../fault.ts";
import type { KernelTool } from "../kernel-tool.ts";
import { type AgentRecord, UNUSED } from "../records.ts";
import { count, readRow, writeRow } from "../rows.ts";
import { readCapabilities, type Wanted } from "./capabilities-document.ts";
import { AGENTS_BY_DEFAULT, type AgentsOptions } from "./options.ts";
import { agentAt, damagedAgents, liveAgents, writeAgent } from "./table.ts";

/** What an agent may be called. */
export const AGENT_ID = /^[a-z][a-z0-9_-]{0,62}$/;

/** Spawns an agent below its caller, which never holds more than the caller does. It runs on this host. */
export function spawnTool(options: AgentsOptions): KernelTool {
  return async (caller, args) => {
    const wanted = readSpawn(options, caller, args);
    if (isFault(wanted)) return wanted;
    const done = await options.ledger.commit((state) => spawn(state, options, caller, wanted), "committed");
    if (isFault(done)) return done;
    options.signals.tell({ kind: "agents" });
    const { pid, agent_id, state } = done.value;
    return { pid, agent_id, state };
  };
}

interface WantedAgent extends Wanted {
  readonly agentId: string;
  readonly template: string;
  readonly backend: "wasm" | "native";
}

function readSpawn(options: AgentsOptions, caller: Caller, args: JsonObject): WantedAgent | Fault {
  const { agent_id, template = "mailbox", backend = "wasm" } = args;
  if (typeof agent_id !== "string" || !AGENT_ID.test(agent_id)) {
    return refused(
      "invalid-arguments",
      "the argument agent_id is not a lower-case letter followed by at most 62 lower-case letters, digits, _ and -",
    );
  }
  if (typeof template !== "string") return refused("invalid-arguments", "the argument template is not a text");
  const native = Object.keys(options.native ?? {});
  if (backend !== "wasm" && !(backend === "native" && native.length > 0)) {
    return refused(
      "backend-unavailable",
      backend === "native"
        ? "no command is configured for native agents: spawn with the backend wasm, or have the operator configure one"
        : `this host has no backend ${JSON.stringify(backend)}: spawn with the backend wasm`,
    );
  }
  const { templates } = options;
  if (!(backend === "native" ? native.includes(template) : templates.has(template))) {
    const there = backend === "native" ? native : templates.names();
    const message = `there is no template ${JSON.stringify(template)}: there are ${names(there)}`;
    return refused("template-unknown", message, { templates: there.slice(0, SHOWN_TEMPLATES) });
  }
  const holder = caller.capabilities ?? allOf(options);
  const wanted = readCapabilities(args.capabilities, holder);
  if (isFault(wanted)) return wanted;
  const beyond = exceeds(wanted.capabilities, holder);
  if (beyond !== undefined) {
    return refused(
      "capabilities-exceeded",
      `the agent would hold ${beyond}, which its spawner does not hold: ask for less`,
      { beyond },
    );
  }
  return { ...wanted, agentId: agent_id, template, backend };
}

/** What a client or an operator may hand on. */
function allOf({ roots, env, limits = {}, budget = {} }: AgentsOptions): Capabilities {
  return { tools: ["*"], roots, ipc: { agents: "all", topics: ["**"] }, env, limits, budget };
}

function spawn(
  state: StateTransaction,
  options: AgentsOptions,
  caller: Caller,
  wanted: WantedAgent,
): AgentRecord | Fault {
  const parent = caller.capabilities === undefined ? undefined : agentAt(state, caller.pid);
  if (
    caller.capabilities !== undefined &&
    (parent === undefined || parent.state === "exited" || parent.state === "stopping")
  )
    return refused("agent-exited", "the agent that spawns has exited or is stopping");
  const { agentId, template, backend, capabilities, supervision } = wanted;
  const taken = readRow(state, "agent-id", agentId);
  if (taken !== undefined) {
    return refused("agent-exists", `agent ${agentId} runs with pid ${taken}: take another agent_id, or stop it first`, {
      pid: taken,
    });
  }
  const { maxAgents = AGENTS_BY_DEFAULT } = options;
  const live = liveAgents(state).length + damagedAgents(state).length;
  if (live >= maxAgents) {
    return refused("agent-table-full", `there are ${live} agents, the limit: stop one first`, { limit: maxAgents });
  }
  const pid = count(state, "pid");
  const agent: AgentRecord = {
    pid,
    kind: "agent",
    agent_id: agentId,
    // A native agent runs when its command does.
    state: backend === "wasm" ? "running" : "starting",
    template,
    backend,
    parent_pid: parent?.pid ?? 0,
    spawned_by: caller.principal,
    capabilities,
    supervision,
    host: options.hostId,
    ...UNUSED,
    created: state.time,
  };
  writeAgent(state, agent);
  writeRow(state, "agent-id", [agentId], pid);
  writeRow(state, "child", [agent.parent_pid, pid], true);
  const payload = { pid, agent_id: agentId, template, backend, parent_pid: agent.parent_pid, by: caller.principal };
  state.event({ source: "kernel", kind: "agent.spawned", payload });
  if (agent.state === "running") {
    state.event({ source: "kernel", kind: "agent.started", payload: { pid, agent_id: agentId } });
  }
  return agent;
}

/** An operator may have deployed hundreds. */
const SHOWN_TEMPLATES = 32;

function names(templates: readonly string[]): string {
  if (templates.length === 0) return "none";
  const more = templates.length - SHOWN_TEMPLATES;
  return [...templates].sort().slice(0, SHOWN_TEMPLATES).join(", ") + (more > 0 ? `, and ${more} more` : "");
}
