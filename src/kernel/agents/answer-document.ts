import type { Fault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { topicProblem } from "../../contract/topic.ts";
import { MIB } from "../../contract/units.ts";
import { refused } from "../fault.ts";
import type { Target } from "../ipc/send.ts";
import { DocumentProblem, entriesOf, isObject, positiveInteger, textOf } from "./document-reading.ts";

/** Most bytes of an agent's state as JSON text. */
export const STATE_BYTES = MIB;
/** Most messages that one answer sends, its reply not counted. */
export const SENDS = 64;
/** Lines of the log that are kept of an agent, and most of one answer. */
export const LOG_LINES = 50;
const LOG_CHARACTERS = 4096;
const REASON_CHARACTERS = 200;

/** What a module says is to become of a message that it handled. */
export interface ModuleAnswer {
  /** As JSON text measures at most {@link STATE_BYTES}; absent where the state stays as it is. */
  readonly state?: Json;
  readonly sends: readonly { readonly target: Target; readonly message: JsonObject }[];
  readonly reply?: JsonObject;
  readonly log: readonly string[];
  readonly exit?: { readonly code: number; readonly reason: string };
}

/** Trusts nothing of what a module answered: anything unknown, of another type or over a bound is an `answer-invalid` fault. */
export function readAnswer(document: JsonObject): ModuleAnswer | Fault {
  try {
    const { state, send, reply, log, exit } = entriesOf(document, "answer", ["state", "send", "reply", "log", "exit"]);
    return {
      ...(state !== undefined && { state: bounded(state) }),
      sends: readSends(send),
      ...(reply !== undefined && { reply: messageOf(reply, "answer.reply") }),
      log: readLog(log),
      ...(exit !== undefined && { exit: readExit(exit) }),
    };
  } catch (error) {
    if (!(error instanceof DocumentProblem)) throw error;
    return refused("answer-invalid", `the module's ${error.message}`, { key: error.key });
  }
}

function bounded(state: Json): Json {
  const bytes = Buffer.byteLength(JSON.stringify(state));
  if (bytes > STATE_BYTES) throw new DocumentProblem("answer.state", `has ${bytes} bytes, at most ${STATE_BYTES}`);
  return state;
}

function readSends(value: Json | undefined): ModuleAnswer["sends"] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new DocumentProblem("answer.send", "is not a list");
  if (value.length > SENDS)
    throw new DocumentProblem("answer.send", `has ${value.length} entries, at most ${SENDS} a message`);
  return value.map((entry, index) => {
    const key = `answer.send[${index}]`;
    const { to_pid, topic, message } = entriesOf(entry, key, ["to_pid", "topic", "message"]);
    if ((to_pid === undefined) === (topic === undefined))
      throw new DocumentProblem(key, "has not exactly one of to_pid and topic");
    return { target: targetOf(to_pid, topic, key), message: messageOf(message, `${key}.message`) };
  });
}

function targetOf(toPid: Json | undefined, topic: Json | undefined, key: string): Target {
  if (topic === undefined) return { pid: positiveInteger("pid", toPid, `${key}.to_pid`).pid as number };
  const text = textOf(topic, `${key}.topic`);
  const problem = topicProblem(text);
  if (problem !== undefined) throw new DocumentProblem(`${key}.topic`, problem);
  return { topic: text };
}

function messageOf(value: Json | undefined, key: string): JsonObject {
  if (!isObject(value)) throw new DocumentProblem(key, "is not an object");
  return value;
}

function readLog(value: Json | undefined): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new DocumentProblem("answer.log", "is not a list");
  return value.slice(-LOG_LINES).map((line, index) => logLine(textOf(line, `answer.log[${index}]`)));
}

/** A line as it is kept. */
export function logLine(text: string): string {
  return wellFormed(text.slice(0, LOG_CHARACTERS));
}

function readExit(value: Json): { code: number; reason: string } {
  const { code, reason = "exited" } = entriesOf(value, "answer.exit", ["code", "reason"]);
  const { code: number } = positiveInteger("code", code, "answer.exit.code", 0, 255);
  if (number === undefined) throw new DocumentProblem("answer.exit.code", "is missing");
  return { code: number, reason: wellFormed(textOf(reason, "answer.exit.reason").slice(0, REASON_CHARACTERS)) };
}

/** Half of a surrogate pair is nothing that text may hold. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
