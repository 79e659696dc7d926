import type { StateReader } from "../../contract/state.ts";
import type { AgentRecord, MessageRecord } from "../records.ts";
import { DAMAGED, lookAtRows } from "../rows.ts";
import type { Minutes } from "./budget.ts";
import { pauseLeft } from "./restart.ts";
import { agentAt } from "./table.ts";

/** What a host has to do for an agent. `part`: this host lacks its template, another may have it. `gone`: nothing ever again, it has exited or another host has it. */
export type Step =
  | { readonly kind: "gone" }
  | { readonly kind: "rest" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "start" | "end" | "part"; readonly agent: AgentRecord }
  /** The message in front cannot be read. */
  | { readonly kind: "discard"; readonly agent: AgentRecord; readonly msgId: number }
  | { readonly kind: "handle"; readonly agent: AgentRecord; readonly message: MessageRecord };

/** What a host knows of the templates that it has. */
export interface TemplateFacts {
  readonly hasTemplate: (agent: AgentRecord) => boolean;
  /** The most fuel that a run of the agent's template may use, where that is known. */
  readonly templateFuel: (agent: AgentRecord) => number | undefined;
}

/** The next step for an agent that has nothing in hand. What the host then does is checked once more where it changes the state. */
export function nextStep(
  state: StateReader,
  pid: number,
  hostId: string,
  now: number,
  minutes: Minutes,
  { hasTemplate, templateFuel }: TemplateFacts,
): Step {
  const agent = agentAt(state, pid);
  if (agent === undefined || agent.state === "exited" || agent.host !== hostId) return { kind: "gone" };
  if (agent.state === "stopping") return { kind: "end", agent };
  if (agent.state === "starting") return { kind: "start", agent };
  if (agent.state === "suspended") return { kind: "rest" };
  const [first] = lookAtRows(state, "inbox", [pid], { limit: 1 });
  if (first === undefined) return { kind: "rest" };
  const message = first.row;
  if (message === DAMAGED) return { kind: "discard", agent, msgId: Number(first.key[1]) };
  const ms = Math.max(pauseLeft(agent, now), budgetWait(agent, now, minutes, templateFuel(agent)));
  if (ms > 0) return { kind: "wait", ms };
  return hasTemplate(agent) ? { kind: "handle", agent, message } : { kind: "part", agent };
}

function budgetWait(
  { capabilities }: AgentRecord,
  now: number,
  minutes: Minutes,
  templateFuel: number | undefined,
): number {
  const { fuelPerMinute, messagesPerMinute } = capabilities.budget;
  return Math.max(
    messagesPerMinute === undefined ? 0 : minutes.messages.waitFor(now, 1, messagesPerMinute),
    // A run gets its whole limit or the whole budget, never a rest on which it would fail.
    fuelPerMinute === undefined
      ? 0
      : minutes.fuel.waitFor(now, fuelLimitOf({ capabilities }, templateFuel) ?? fuelPerMinute, fuelPerMinute),
  );
}

/** The most fuel that one run may use: the least of its limit, its template's, and a minute's budget. */
export function fuelLimitOf(
  { capabilities }: Pick<AgentRecord, "capabilities">,
  templateFuel: number | undefined,
): number | undefined {
  const { limits, budget } = capabilities;
  const bounds = [limits.fuel, budget.fuelPerMinute, templateFuel];
  const least = Math.min(...bounds.map((bound) => bound ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(least) ? least : undefined;
}
