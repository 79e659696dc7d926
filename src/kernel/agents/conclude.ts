import type { Change, StateTransaction } from "../../contract/state.ts";
import { take } from "../ipc/deliver.ts";
import type { AgentRecord, MessageRecord, UsedMinute } from "../records.ts";
import { hasRow, writeRow } from "../rows.ts";
import { LOG_LINES, type ModuleAnswer, readAnswer } from "./answer-document.ts";
import { concludeCrash } from "./crash.ts";
import { askedExit, exitAgent, keepLog } from "./exit.ts";
import type { HandlingResult } from "./handling.ts";
import type { Post } from "./options.ts";
import { restartOrExit } from "./restart.ts";
import { sendAll } from "./sends.ts";
import { agentAt, writeAgent } from "./table.ts";

/** What came of one message. `stale`: nothing, because the agent or the message is not this host's any more. */
export interface Concluded {
  readonly kind: "handled" | "crashed" | "stale";
  /** Who got mail by it. */
  readonly receivers: readonly number[];
}

/** What one run was about, and what it used beside its own store. */
export interface RunFacts {
  readonly pid: number;
  readonly message: MessageRecord;
  readonly hostId: string;
  /** What it logged while it ran. */
  readonly lines: readonly string[];
  /** What its tool calls used. */
  readonly nested: Charge;
  /** What its own run might use; undefined where nothing bounds it but its template's manifest. */
  readonly fuelLimit: number | undefined;
  /** What it had used of its minute by the end of this run; undefined where it has no budget. */
  readonly minute: UsedMinute | undefined;
}

/** What something used. */
export interface Charge {
  readonly calls: number;
  readonly fuel: number;
  readonly cpuMs: number;
}

/** What a run is charged: one that failed its whole limit, for what a trapped run used is known to the last host call only. */
export function fuelOf(result: HandlingResult, limit: number | undefined): number {
  const consumed = result.usage?.fuelConsumed ?? 0;
  return result.kind === "fault" && result.usage !== undefined ? Math.max(consumed, limit ?? 0) : consumed;
}

export const STALE: Concluded = { kind: "stale", receivers: [] };

/**
 * What a run's result means: the message leaves the inbox, and state, sends, reply and exit come true, all in one change;
 * or the run crashed, and the message stays until it has failed too often. Where the agent or the message is no longer
 * this host's, nothing changes.
 */
export function concluding(facts: RunFacts, result: HandlingResult, post: Post): Change<Concluded> {
  const answer = result.kind === "answer" ? readAnswer(result.answer) : result.fault;
  return (state) => {
    const agent = agentAt(state, facts.pid);
    if (agent === undefined || agent.host !== facts.hostId || agent.state === "exited") return STALE;
    if (!hasRow(state, "inbox", facts.pid, facts.message.msg_id)) return STALE;
    const used = withUsage(agent, facts, result);
    keepLog(state, facts.pid, [...facts.lines, ...("code" in answer ? [] : answer.log)], LOG_LINES);
    if ("code" in answer)
      return { kind: "crashed", receivers: concludeCrash(state, used, facts.message, answer, post) };
    return { kind: "handled", receivers: concludeAnswer(state, used, facts.message, answer, post) };
  };
}

function concludeAnswer(
  state: StateTransaction,
  agent: AgentRecord,
  message: MessageRecord,
  answer: ModuleAnswer,
  post: Post,
): readonly number[] {
  const { pid, agent_id } = agent;
  take(state, pid, message.msg_id);
  if (answer.state !== undefined) writeRow(state, "agent-state", [pid], answer.state);
  // Written before it sends, so that a message to itself or an exit builds on it.
  const usage = {
    ...agent.usage,
    messages_handled: agent.usage.messages_handled + 1,
    messages_sent: agent.usage.messages_sent + answer.sends.length + (answer.reply === undefined ? 0 : 1),
  };
  const handled: AgentRecord = { ...agent, usage, attempts: 0 };
  writeAgent(state, handled);
  const sent = sendAll(state, handled, message, answer, post);
  state.event({
    source: "kernel",
    kind: "agent.handled",
    payload: { pid, agent_id, msg_id: message.msg_id, sent: sent.delivered, dead: sent.dead },
  });
  if (handled.state === "stopping") {
    return [...sent.receivers, ...exitAgent(state, handled, askedExit(handled), "graceful", post)];
  }
  if (answer.exit === undefined) return sent.receivers;
  return [...sent.receivers, ...restartOrExit(state, handled, answer.exit, post)];
}

function withUsage(agent: AgentRecord, { nested, fuelLimit, minute }: RunFacts, result: HandlingResult): AgentRecord {
  const { usage } = agent;
  return {
    ...agent,
    ...(minute !== undefined && { minute }),
    usage: {
      ...usage,
      tool_calls: usage.tool_calls + nested.calls,
      fuel: usage.fuel + fuelOf(result, fuelLimit) + nested.fuel,
      cpu_time_ms: usage.cpu_time_ms + (result.usage?.durationMs ?? 0) + nested.cpuMs,
    },
  };
}
