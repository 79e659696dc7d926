import type { StateReader, StateTransaction } from "../../contract/state.ts";
import type { DeadLetter, MessageRecord } from "../records.ts";
import { count, readRow, readRows, removeRow, writeRow } from "../rows.ts";

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
  const oldest = readRow(state, "dead-slot", slot);
  if (oldest !== undefined) removeRow(state, "dead", oldest);
  writeRow(state, "dead-slot", [slot], sequence);
  writeRow(state, "dead", [sequence], { message, to_pid: toPid, reason, died: state.time });
  return sequence;
}

/** Makes dead letters of all that is in an inbox, and answers how many there were. */
export function buryInbox(state: StateTransaction, pid: number, reason: string): number {
  const messages = readRows(state, "inbox", [pid]);
  for (const { key, row } of messages) {
    removeRow(state, "inbox", ...key);
    bury(state, row, pid, reason);
  }
  removeRow(state, "mail", pid);
  return messages.length;
}

/** The dead letters that are kept, the newest first. */
export function deadLetters(state: StateReader, limit: number = DEAD_LETTERS): readonly DeadLetter[] {
  return readRows(state, "dead", [], { reverse: true, limit }).map(({ row }) => row);
}
