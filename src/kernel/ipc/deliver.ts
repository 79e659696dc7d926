import type { Fault } from "../../contract/fault.ts";
import type { StateReader, StateTransaction } from "../../contract/state.ts";
import { refused } from "../fault.ts";
import type { AgentRecord, MessageRecord } from "../records.ts";
import { DAMAGED, hasRow, keysOf, lookAtRow, removeRow, writeRow } from "../rows.ts";

/** Most messages that wait in one inbox. */
export const INBOX_MESSAGES = 1024;

/** A message before it has its id. The host sets the sender. */
export type Sending = Pick<MessageRecord, "from" | "from_pid" | "topic" | "in_reply_to" | "message">;

/** Who a message is for. */
export type Receiver = Pick<AgentRecord, "pid" | "agent_id" | "state">;

/** How many messages wait in an inbox that takes one more, or why it does not: `inbox-full` or `agent-exited`. */
export function waitingFor(state: StateTransaction, to: Receiver): number | Fault {
  if (to.state === "exited" || to.state === "stopping") {
    return refused("agent-exited", `agent ${to.agent_id} with pid ${to.pid} is ${to.state}: list the agents that run`, {
      pid: to.pid,
    });
  }
  const waiting = mailOf(state, to.pid);
  if (waiting < INBOX_MESSAGES) return waiting;
  return refused(
    "inbox-full",
    `the inbox of pid ${to.pid} holds ${waiting} messages, its limit: send again when it has handled some`,
    { pid: to.pid, limit: INBOX_MESSAGES },
  );
}

/**
 * Puts a message into an inbox, under an id that this change got for it: the sequence of the event which records it.
 * Refuses as {@link waitingFor} does, and then has changed nothing.
 */
export function deliver(state: StateTransaction, to: Receiver, msgId: number, sending: Sending): Fault | undefined {
  const waiting = waitingFor(state, to);
  if (typeof waiting !== "number") return waiting;
  putInto(state, to.pid, messageRecord(state, msgId, sending), waiting);
  return undefined;
}

/** The message as it is from now on. */
export function messageRecord(state: StateTransaction, msgId: number, sending: Sending): MessageRecord {
  return { msg_id: msgId, sent: state.time, ...sending };
}

/** Puts a message into an inbox that was just asked how many wait in it. */
export function putInto(state: StateTransaction, pid: number, record: MessageRecord, waiting: number): void {
  writeRow(state, "inbox", [pid, record.msg_id], record);
  writeRow(state, "mail", [pid], waiting + 1);
}

/** Takes a message out of an inbox; false where it is not there any more. */
export function take(state: StateTransaction, pid: number, msgId: number): boolean {
  if (!hasRow(state, "inbox", pid, msgId)) return false;
  const waiting = mailOf(state, pid);
  removeRow(state, "inbox", pid, msgId);
  writeRow(state, "mail", [pid], Math.max(0, waiting - 1));
  return true;
}

/** How many messages are in an inbox: the count that is kept, and where that is damaged, counted anew. */
export function mailOf(state: StateReader, pid: number): number {
  const counted = lookAtRow(state, "mail", pid) ?? 0;
  return counted === DAMAGED ? keysOf(state, "inbox", [pid]).length : counted;
}
