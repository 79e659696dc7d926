// What a template reads and writes: the message in its hands on stdin, what becomes of it on stdout.

import { done, fail, message as say } from "./errors.ts";
import { take } from "./heap.ts";
import * as json from "./json-text.ts";
import { ascii, flush, put, slot, wrote } from "./json-writer.ts";
import { readInput } from "./streams.ts";

let input: usize = 0;
let message: usize = 0;
let open: bool = false;

/** Reads the input; one without a message is no input of a template. */
export function readMessage(): void {
  const length = readInput();
  // The room beyond is for the zero at the end, and for looks at 16 bytes at once.
  input = take(length + 32);
  memory.fill(input + length, 0, 32);
  input = json.pastSpace(input);
  const whole = json.pastSpace(json.valueEnd(input));
  message = load<u8>(whole) ? 0 : json.member(input, "message");
  if (json.isObject(message) && json.wholeNumber(given("msg_id")) >= 0 && json.isString(given("from"))) return;
  fail("invalid-arguments");
  say("the input is not a message for an agent: send an object with message, msg_id and from");
  done();
}

/** A member of the input, 0 where there is none. */
export function given(name: string): usize {
  return json.member(input, name);
}

export function theMessage(): usize {
  return message;
}

/** A member of the message, 0 where there is none. */
export function part(name: string): usize {
  return json.member(message, name);
}

/** Whether it answers a message of this agent: nothing is replied to it, or two agents would never end. */
export function isReply(): bool {
  return given("in_reply_to") != 0;
}

export function opIs(name: string): bool {
  return json.isText(part("op"), name);
}

/**
 * Whether the sender may tell this agent what to do with the capabilities that it holds: the client, the operator or the
 * agent that is its parent. Jobs and other agents may not, or they would act by way of it.
 */
export function mayCommand(): bool {
  const from = given("from");
  if (startsWith(from, '"client:') || startsWith(from, '"operator:')) return true;
  const pid = json.wholeNumber(given("from_pid"));
  return pid > 0 && startsWith(from, '"agent:') && pid == json.wholeNumber(json.member(given("agent"), "parent_pid"));
}

function startsWith(at: usize, text: string): bool {
  if (!at) return false;
  for (let i: usize = 0; i < <usize>text.length; i++) {
    if (<u32>load<u8>(at + i) != <u32>load<u16>(changetype<usize>(text) + (i << 1))) return false;
  }
  return true;
}

/** Starts a member of the answer; its value follows. */
export function answerPart(name: string): void {
  put(open ? 0x2c : 0x7b);
  open = true;
  put(0x22);
  ascii(name);
  ascii('":');
}

/** Ends the answer. */
export function endAnswer(): void {
  if (!open) put(0x7b);
  put(0x7d);
  flush();
}

/** Copies text as it is. */
export function raw(from: usize, length: usize): void {
  while (length) {
    const size: usize = length > 64 ? 64 : length;
    memory.copy(slot(), from, size);
    wrote(size);
    from += size;
    length -= size;
  }
}

/** Copies a value as it is. */
export function rawValue(at: usize): void {
  raw(at, json.lengthOf(at));
}

/** A member of an object as it is, with a comma before it; nothing where there is none. */
export function rawMember(name: string, value: usize): void {
  if (!value) return;
  ascii(',"');
  ascii(name);
  ascii('":');
  rawValue(value);
}

/** Tells the sender that it was not understood, and ends the answer. Only its own message was at fault, so nothing crashes. */
export function replyError(code: string, text: string): void {
  if (!isReply()) {
    answerPart("reply");
    ascii('{"error":{"code":"');
    ascii(code);
    ascii('","message":"');
    ascii(text);
    ascii('"}}');
  }
  endAnswer();
}

/** Ends the run: the state is not one that this template wrote, and to go on would lose what it holds. */
export function refuseState(): void {
  fail("invalid-state");
  say("the state is not one that this template wrote: spawn the agent anew");
  done();
}

/** The array of the state by this name; 0 where there is none yet. A state of another shape ends the run. */
export function listInState(name: string): usize {
  const state = given("state");
  if (json.isNull(state)) return 0;
  const list = json.member(state, name);
  if (!json.isObject(state) || (list && load<u8>(list) != 0x5b)) refuseState();
  return list;
}

/** A whole number of the state; 0 where there is none. */
export function numberInState(name: string): i64 {
  const value = json.wholeNumber(json.member(given("state"), name));
  return value < 0 ? 0 : value;
}
