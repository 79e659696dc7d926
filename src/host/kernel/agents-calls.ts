import type { Answer } from "../../contract/call.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { Agents } from "../../kernel/agents/agents.ts";
import type { HostCallContext } from "../../store/host-calls.ts";
import type { RunContext } from "../stages.ts";
import type { Run } from "./run.ts";

/**
 * Lets the run of an agent's template call a tool: as the agent, through the gate, nested in that run, and out of the
 * agent's minute. Only a run that handles a message has such calls.
 */
export function callsOfAgents(agents: Agents, run: Run) {
  return async (context: HostCallContext, tool: string, args: JsonObject): Promise<Answer> => {
    const { call } = context.value as RunContext;
    const { principal } = call;
    const { pid = 0 } = principal;
    const refused = (await agents.secureMessage(pid)) ?? agents.admitCall(pid);
    if (refused !== undefined) return { kind: "fault", fault: refused };
    const answer = await run({ principal, tool, args, signal: context.signal, canAsk: false }, { parent: context });
    const usage = answer.kind === "deferral" ? undefined : answer.usage;
    agents.charge(pid, { calls: 1, fuel: usage?.fuelConsumed ?? 0, cpuMs: usage?.durationMs ?? 0 });
    return answer;
  };
}
