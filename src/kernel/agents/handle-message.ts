import type { Fault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { LogLine } from "../../contract/note.ts";
import { type Change, ChangeRefused } from "../../contract/state.ts";
import { refused } from "../fault.ts";
import type { AgentRecord, MessageRecord, UsedMinute } from "../records.ts";
import { readRow } from "../rows.ts";
import { LOG_LINES, logLine } from "./answer-document.ts";
import { type Charge, type Concluded, concluding, fuelOf, STALE } from "./conclude.ts";
import type { Handle, HandlingResult } from "./handling.ts";
import type { HeldSending } from "./held-sending.ts";
import { fuelLimitOf } from "./next-step.ts";
import type { AgentsOptions } from "./options.ts";

/** What came of a message. */
export interface Handled {
  readonly concluded: Concluded;
  /** How long its run took. */
  readonly runMs: number;
}

/** What a call of a template ends with that is not there any more, or was revoked or found to be another while it ran. */
const WITHOUT_TEMPLATE: ReadonlySet<string> = new Set(["tool-not-found", "tool-revoked", "tool-quarantined"]);

/**
 * A run that another host or its end cut short changes nothing: its message stays. The same holds where the template was
 * taken away: the agent then waits for a host that has it.
 */
const nothing: Change<Concluded> = () => STALE;

/**
 * Has one message handled and what comes of it committed. Answers a fault only where nothing was committed; never rejects.
 * Where the signal is aborted, the run ends at once and its message stays. `held` is a message that is yet to be sent.
 */
export async function handleMessage(
  handle: Handle,
  agent: AgentRecord,
  message: MessageRecord,
  options: Pick<AgentsOptions, "ledger" | "hostId" | "post">,
  templateFuel: number | undefined,
  signal: AbortSignal,
  facts: {
    readonly nested: () => Charge;
    readonly minute: (fuel: number) => UsedMinute | undefined;
    readonly held?: HeldSending | undefined;
  },
): Promise<Handled | Fault> {
  const { ledger, hostId, post } = options;
  const { held } = facts;
  const lines: string[] = [];
  const fuelLimit = fuelLimitOf(agent, templateFuel);
  let concluded = STALE;
  const conclude = (result: HandlingResult): Change<Concluded> => {
    // The record of this run's end is committed directly after this, and so in the transaction that sends the message.
    held?.release();
    if (result.kind === "fault" && (signal.aborted || WITHOUT_TEMPLATE.has(result.fault.code))) return nothing;
    const about = {
      pid: agent.pid,
      message,
      hostId,
      lines: [...lines],
      nested: facts.nested(),
      fuelLimit,
      minute: facts.minute(fuelOf(result, fuelLimit)),
    };
    const change = concluding(about, result, post);
    return (state) => {
      if (held?.cameTrue() === false) return STALE;
      const done = change(state);
      if (!("code" in done)) concluded = done;
      return done;
    };
  };
  try {
    const result = await handle({
      agent: withFuelLimit(agent, fuelLimit),
      input: inputOf(agent, message, ledger.read((state) => readRow(state, "agent-state", agent.pid)) ?? null),
      signal,
      onLog: (line) => keepLine(lines, line),
      conclude,
    });
    return "kind" in result ? { concluded, runMs: result.usage?.durationMs ?? 0 } : result;
  } catch (error) {
    if (error instanceof ChangeRefused) return error.reason;
    return refused("internal", `the message could not be handled: ${error instanceof Error ? error.message : error}`);
  } finally {
    held?.release();
  }
}

function inputOf(agent: AgentRecord, message: MessageRecord, state: JsonObject[string]): JsonObject {
  const { msg_id, from, from_pid, topic, in_reply_to } = message;
  return {
    message: message.message,
    msg_id,
    from,
    from_pid,
    ...(topic !== undefined && { topic }),
    ...(in_reply_to !== undefined && { in_reply_to }),
    agent: { pid: agent.pid, agent_id: agent.agent_id, parent_pid: agent.parent_pid },
    state,
  };
}

function withFuelLimit(agent: AgentRecord, fuel: number | undefined): AgentRecord {
  if (fuel === undefined || fuel === agent.capabilities.limits.fuel) return agent;
  const { capabilities } = agent;
  return { ...agent, capabilities: { ...capabilities, limits: { ...capabilities.limits, fuel } } };
}

function keepLine(lines: string[], { level, message }: LogLine): void {
  lines.push(logLine(`${level} ${message}`));
  if (lines.length > LOG_LINES) lines.shift();
}
