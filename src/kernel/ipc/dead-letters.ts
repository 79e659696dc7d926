import type { StateReader, StateTransaction } from "../../contract/state.ts";
import type { DeadLetter, MessageRecord } from "../records.ts";
import { count, DAMAGED, lookAtRow, lookAtRows, removeRow, soundRows, writeRow } from "../rows.ts";
import { take } from "./deliver.ts";

/** Most dead letters that are kept; with each further one the oldest goes. */
export const DEAD_LETTERS = 1000;

/**
 * Puts a message that nobody will handle onto the list of dead letters, and says so on the chain without its contents.
 * Answers the dead letter's number. The list is a ring, so that a flood of them costs no more than one.
 */
export function bury(state: StateTransaction, message: MessageRecord, toPid: number, reason: string): number {
  const { msg_id, from, topic } = message;
  const sequence = state.event({
    source: "kernel",
    kind: "ipc.dead",
    payload: { msg_id, from, to_pid: toPid, reason, ...(topic !== undefined && { topic }) },
  });
  const slot = count(state, "dead") % DEAD_LETTERS;
  const oldest = lookAtRow(state, "dead-slot", slot);
  if (oldest !== undefined && oldest !== DAMAGED) removeRow(state, "dead", oldest);
  writeRow(state, "dead-slot", [slot], sequence);
  writeRow(state, "dead", [sequence], { message, to_pid: toPid, reason, died: state.time });
  return sequence;
}

/** Makes dead letters of all that is in an inbox, and answers how many there were. */
export function buryInbox(state: StateTransaction, pid: number, reason: string): number {
  const messages = lookAtRows(state, "inbox", [pid]);
  for (const { key, row } of messages) {
    if (row === DAMAGED) buryDamaged(state, pid, Number(key[1]), { bury });
    else {
      removeRow(state, "inbox", ...key);
      bury(state, row, pid, reason);
    }
  }
  removeRow(state, "mail", pid);
  return messages.length;
}

/**
 * Takes a message out of its inbox that cannot be read, so that those behind it are not kept waiting. What is left of it is
 * kept in its dead letter, as base64.
 */
export function buryDamaged(
  state: StateTransaction,
  pid: number,
  msgId: number,
  post: { bury(state: StateTransaction, message: MessageRecord, toPid: number, reason: string): unknown },
): void {
  const bytes = state.get(["inbox", pid, msgId]);
  if (bytes === undefined || !take(state, pid, msgId)) return;
  const message = { damaged: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") };
  post.bury(state, { msg_id: msgId, from: "unknown", from_pid: 0, sent: state.time, message }, pid, "damaged");
}

/** The dead letters that are kept and can be read, the newest first. */
export function deadLetters(state: StateReader, limit: number = DEAD_LETTERS): readonly DeadLetter[] {
  return soundRows(state, "dead", [], { reverse: true, limit }).map(({ row }) => row);
}
