// Where a template sends to, as a message names it: a pid or a topic.

import { answerPart, rawValue } from "./agent-message.ts";
import * as json from "./json-text.ts";
import { ascii, decimal, put } from "./json-writer.ts";
import { isTopic } from "./topic.ts";

/** Whether exactly one of both is there, and is a pid or a topic. */
export function isDestination(pid: usize, topic: usize): bool {
  if (pid) return !topic && json.wholeNumber(pid) > 0;
  return isTopicText(topic, false);
}

/** Whether a JSON string is a topic, or, with `stars`, a pattern. */
export function isTopicText(at: usize, stars: bool): bool {
  return json.isString(at) && isTopic(at + 1, json.lengthOf(at) - 2, stars);
}

let sends: i32 = 0;

/** Starts one message of the answer; the value of `message` follows, then {@link endSend}. */
export function beginSend(pid: usize, topic: usize): void {
  if (sends++) put(0x2c);
  else {
    answerPart("send");
    put(0x5b);
  }
  if (pid) {
    ascii('{"to_pid":');
    decimal(<u64>json.wholeNumber(pid));
  } else {
    ascii('{"topic":');
    rawValue(topic);
  }
  ascii(',"message":');
}

export function endSend(): void {
  put(0x7d);
}

/** Ends the list of messages, where there are any. */
export function endSends(): void {
  if (sends) put(0x5d);
}
