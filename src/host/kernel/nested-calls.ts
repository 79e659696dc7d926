import type { Answer, Principal } from "../../contract/call.ts";
import { holdsTool, NO_CAPABILITIES } from "../../contract/capabilities.ts";
import { fault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import { safeText } from "../../contract/safe-text.ts";
import type { Agents } from "../../kernel/agents/agents.ts";
import type { HostCallContext } from "../../store/host-calls.ts";
import type { RunContext } from "../stages.ts";
import type { Run } from "./run.ts";

/**
 * Lets a run call a tool through the gate, nested in that run. The run of an agent's template calls as the agent, and out
 * of its minute; one that was deployed only what its manifest names. That of a deployed tool calls what its manifest names,
 * in the name of its own caller and within what both hold: its folders and variables, and nobody to send to.
 */
export function callsOfRuns(agents: Agents, run: Run) {
  return async (context: HostCallContext, tool: string, args: JsonObject): Promise<Answer> => {
    const { call, manifest, roots } = context.value as RunContext;
    const { calls } = manifest;
    if (calls !== undefined && !holdsTool(calls, tool)) {
      const held = calls.map((name) => safeText(name, 64)).join(", ");
      const message = `${manifest.name} may call ${held === "" ? "nothing" : held}, and not ${safeText(tool, 60)}`;
      return { kind: "fault", fault: fault("gate", "permission-denied", message) };
    }
    const asItself = calls === undefined || manifest.kind === "template";
    const principal = asItself ? call.principal : narrowedTo(call.principal, { manifest, roots });
    const request = { principal, tool, args, signal: context.signal, canAsk: false };
    if (call.principal.kind !== "agent") return run(request, { parent: context });
    const { pid = 0 } = call.principal;
    const refused = (await agents.secureMessage(pid)) ?? agents.admitCall(pid);
    if (refused !== undefined) return { kind: "fault", fault: refused };
    const answer = await run(request, { parent: context });
    const usage = answer.kind === "deferral" ? undefined : answer.usage;
    agents.charge(pid, { calls: 1, fuel: usage?.fuelConsumed ?? 0, cpuMs: usage?.durationMs ?? 0 });
    return answer;
  };
}

function narrowedTo(principal: Principal, { manifest, roots }: Pick<RunContext, "manifest" | "roots">): Principal {
  const held = principal.capabilities ?? { ...NO_CAPABILITIES, tools: ["*"], env: manifest.env ?? [] };
  return {
    ...principal,
    via: `tool:${manifest.name}`,
    capabilities: {
      ...held,
      roots: roots.map(({ guestPath, access }) => ({ path: guestPath, access })),
      ipc: { agents: "none", topics: [] },
      env: held.env.filter((name) => manifest.env?.includes(name) === true),
    },
  };
}
