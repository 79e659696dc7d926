import { type Fault, isFault } from "../../contract/fault.ts";
import { refused } from "../fault.ts";
import type { KernelTool } from "../kernel-tool.ts";
import type { AgentRecord } from "../records.ts";
import type { AgentsOptions } from "./options.ts";
import { managed, writeAgent } from "./table.ts";
import { illegalMove } from "./transitions.ts";

/** Suspends an agent: the message in hand is finished, nothing more is handled, and what comes waits in its inbox. */
export function suspendTool(options: AgentsOptions): KernelTool {
  const move = mover(options, "running", "suspended", "agent.suspended");
  return async (caller, args, signal) => (await move(caller, args, signal)) ?? { suspended: true };
}

/** Resumes a suspended agent: what waits is handled in its order. */
export function resumeTool(options: AgentsOptions): KernelTool {
  const move = mover(options, "suspended", "running", "agent.resumed");
  return async (caller, args, signal) => (await move(caller, args, signal)) ?? { resumed: true };
}

function mover(
  { ledger, signals }: AgentsOptions,
  from: "running" | "suspended",
  to: "running" | "suspended",
  kind: string,
) {
  return async (...[caller, args]: Parameters<KernelTool>) => {
    const pid = Number(args.pid);
    const done = await ledger.commit((state) => {
      const agent = managed(state, caller, pid);
      if (isFault(agent)) return agent;
      const illegal = agent.state === "starting" && from === "suspended" ? startsItself(agent) : illegalMove(agent, to);
      if (illegal !== undefined) return illegal;
      writeAgent(state, { ...agent, state: to });
      state.event({ source: "kernel", kind, payload: { pid, agent_id: agent.agent_id } });
      return null;
    }, "committed");
    if (isFault(done)) return done;
    signals.tell({ kind: "agents" });
    return undefined;
  };
}

/** The table lets it become running, but only its host makes it so, once its command runs. */
function startsItself({ pid, agent_id }: AgentRecord): Fault {
  return refused("illegal-transition", `agent ${agent_id} with pid ${pid} is starting, and runs when it has started`, {
    pid,
    from: "starting",
    to: "running",
  });
}
