import type { Fault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { StateTransaction } from "../../contract/state.ts";
import { refused } from "../fault.ts";
import type { AgentRecord, MessageRecord } from "../records.ts";
import { readRow, removeRow, writeRow } from "../rows.ts";

/** Most messages that wait in one inbox. */
export const INBOX_MESSAGES = 1024;

/** A message before it has its id. The host sets the sender. */
export type Sending = Pick<MessageRecord, "from" | "from_pid" | "topic" | "in_reply_to" | "message">;

/**
 * Puts a message into an inbox, under an id that this change got for it: the sequence of the event which records it.
 * Refuses with `inbox-full` or `agent-exited`, and then has changed nothing.
 */
export function deliver(
  state: StateTransaction,
  to: Pick<AgentRecord, "pid" | "agent_id" | "state">,
  msgId: number,
  sending: Sending,
): Fault | undefined {
  if (to.state === "exited" || to.state === "stopping") {
    return refused("agent-exited", `agent ${to.agent_id} with pid ${to.pid} is ${to.state}: list the agents that run`, {
      pid: to.pid,
    });
  }
  const waiting = readRow(state, "mail", to.pid) ?? 0;
  if (waiting >= INBOX_MESSAGES) {
    return refused(
      "inbox-full",
      `the inbox of pid ${to.pid} holds ${waiting} messages, its limit: send again when it has handled some`,
      { pid: to.pid, limit: INBOX_MESSAGES },
    );
  }
  writeRow(state, "inbox", [to.pid, msgId], { msg_id: msgId, sent: state.time, ...sending });
  writeRow(state, "mail", [to.pid], waiting + 1);
  return undefined;
}

/** Takes a message out of an inbox; false where it is not there any more. */
export function take(state: StateTransaction, pid: number, msgId: number): boolean {
  if (readRow(state, "inbox", pid, msgId) === undefined) return false;
  removeRow(state, "inbox", pid, msgId);
  writeRow(state, "mail", [pid], Math.max(0, (readRow(state, "mail", pid) ?? 0) - 1));
  return true;
}

/** What a message without an id says of itself to the chain: never its contents. */
export function sendingSummary({ from, topic, message }: Sending): JsonObject {
  return { from, ...(topic !== undefined && { topic }), bytes: Buffer.byteLength(JSON.stringify(message)) };
}
