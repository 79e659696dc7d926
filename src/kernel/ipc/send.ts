import { hash } from "node:crypto";
import { canonicalJsonOrFault } from "../../contract/canonical-json.ts";
import { type Fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { StateTransaction } from "../../contract/state.ts";
import { topicProblem } from "../../contract/topic.ts";
import { refused } from "../fault.ts";
import type { AgentRecord } from "../records.ts";
import { DAMAGED, damageFault, lookAtRow } from "../rows.ts";
import { bury } from "./dead-letters.ts";
import { messageRecord, putInto, type Sending, waitingFor } from "./deliver.ts";
import { subscribersOf } from "./topic-index.ts";

/** Most bytes of a message as canonical JSON. */
export const MESSAGE_BYTES = 64 * 1024;

/** Where a message goes: to one address, or to whoever is subscribed. */
export type Target = { readonly pid: number } | { readonly topic: string };

/** A message that was accepted. */
export interface Routed {
  readonly msg_id: number;
  /** How many inboxes it is in. */
  readonly receivers: number;
  /** Whose; to be told to `Signals` once the change is committed. */
  readonly to: readonly number[];
}

/**
 * Sends one message within a change: records `ipc.sent` and puts the message into the inbox of the pid, or of every pid
 * that is subscribed to a pattern which matches the topic, once each, the sender's own included. Where it answers a fault
 * it has changed nothing, so that a change may go on without this message.
 *
 * A message to a pid that cannot take it is refused: its sender can try again. A topic is an announcement: it is accepted
 * whoever listens, as with NATS, MQTT or Erlang's process groups. That nobody is subscribed is told by `receivers: 0`, on
 * the chain as well, and is no dead letter, because nobody lacks the message and topics that nobody reads would push the
 * letters out that somebody misses. Whoever is subscribed and cannot take it does miss it: that is a dead letter, and the
 * other receivers get theirs.
 */
export function route(state: StateTransaction, sending: Sending, target: Target): Routed | Fault {
  const text = canonicalJsonOrFault(sending.message);
  if (typeof text !== "string") return text;
  const bytes = Buffer.byteLength(text);
  if (bytes > MESSAGE_BYTES) {
    return refused(
      "message-too-large",
      `the message has ${bytes} bytes of JSON, at most ${MESSAGE_BYTES}: put the content into a file and send its path`,
      { size: bytes, limit: MESSAGE_BYTES },
    );
  }
  const about = { bytes, digest: hash("sha256", text, "hex") };
  return "pid" in target
    ? routeToPid(state, sending, target.pid, about)
    : routeToTopic(state, sending, target.topic, about);
}

/** The address with this pid, or why there is none: it never was, it has gone, or its record is damaged. */
export function findReceiver(state: StateTransaction, pid: number): AgentRecord | Fault {
  const record = isPid(pid) ? lookAtRow(state, "agent", pid) : undefined;
  if (record === DAMAGED) return damageFault(["agent", pid]);
  if (record !== undefined) return record;
  const given = lookAtRow(state, "counter", "pid") ?? 0;
  return isPid(pid) && given !== DAMAGED && pid <= given
    ? refused("agent-exited", `pid ${pid} has exited: list the agents that run`, { pid })
    : refused("agent-not-found", `there is no agent with pid ${pid}: list the agents that run`, { pid });
}

/** Whether there could be such a pid: what is none has no key in the state either. */
export function isPid(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid >= 1;
}

function routeToPid(state: StateTransaction, sending: Sending, pid: number, about: JsonObject): Routed | Fault {
  const receiver = findReceiver(state, pid);
  if (isFault(receiver)) return receiver;
  const waiting = waitingFor(state, receiver);
  if (isFault(waiting)) return waiting;
  const { topic: _, ...direct } = sending;
  const msgId = record(state, sending, { to_pid: pid, ...about });
  putInto(state, pid, messageRecord(state, msgId, direct), waiting);
  return { msg_id: msgId, receivers: 1, to: [pid] };
}

/** Why a receiver that is there has missed a message. */
const MISSED: ReadonlySet<string> = new Set(["inbox-full", "agent-damaged"]);

function routeToTopic(state: StateTransaction, sending: Sending, topic: string, about: JsonObject): Routed | Fault {
  const problem = topicProblem(topic);
  if (problem !== undefined) return refused("invalid-topic", `the topic ${problem}`);
  const taking: { pid: number; waiting: number }[] = [];
  const missing: { pid: number; reason: string }[] = [];
  for (const pid of subscribersOf(state, topic)) {
    const receiver = findReceiver(state, pid);
    const waiting = isFault(receiver) ? receiver : waitingFor(state, receiver);
    if (!isFault(waiting)) taking.push({ pid, waiting });
    else missing.push({ pid, reason: MISSED.has(waiting.code) ? waiting.code : "receiver-exited" });
  }
  const msgId = record(state, sending, { topic, receivers: taking.length, ...about });
  const message = messageRecord(state, msgId, { ...sending, topic });
  for (const { pid, waiting } of taking) putInto(state, pid, message, waiting);
  for (const { pid, reason } of missing) bury(state, message, pid, reason);
  return { msg_id: msgId, receivers: taking.length, to: taking.map(({ pid }) => pid) };
}

/** Says on the chain who sent how much to whom, and never what. The event's sequence is the message's id. */
function record(state: StateTransaction, { from, in_reply_to }: Sending, where: JsonObject): number {
  const payload = { from, ...where, ...(in_reply_to !== undefined && { in_reply_to }) };
  return state.event({ source: "kernel", kind: "ipc.sent", payload });
}
