// Keeps what it is sent, for somebody to list or take: `{"messages": […], "dropped": n}` is its state.

import {
  answerPart,
  endAnswer,
  given,
  isReply,
  listInState,
  numberInState,
  opIs,
  part,
  rawMember,
  rawValue,
  readMessage,
  replyError,
  theMessage,
} from "../guest/agent-message.ts";
import * as json from "../guest/json-text.ts";
import { ascii, decimal, put } from "../guest/json-writer.ts";

const MOST_MESSAGES: i64 = 100;
/** Of all that it keeps. */
const MOST_BYTES: usize = 524_288;
/** Of one message that is kept, and of what one answer carries: in its frame it is still a message that can be sent. */
const MESSAGE_BYTES: usize = 64_512;
/** Room for the names and figures that a kept message gets beside its own bytes. */
const FRAME_BYTES: usize = 512;

let list: usize = 0;
let total: i64 = 0;
let dropped: i64 = 0;

export function _start(): void {
  readMessage();
  list = listInState("messages");
  total = countFrom(first());
  dropped = numberInState("dropped");
  // What answers a message is never an order.
  const isOrder = !isReply();
  if (isOrder && opIs("list")) show(false);
  else if (isOrder && opIs("take")) show(true);
  else if (isOrder && opIs("count")) {
    answerPart("reply");
    ascii('{"count":');
    figure(total);
    ascii(',"dropped":');
    figure(dropped);
    put(0x7d);
    endAnswer();
  } else if (isOrder && opIs("clear")) {
    writeState(0, false);
    answerPart("reply");
    ascii('{"cleared":');
    figure(total);
    put(0x7d);
    endAnswer();
  } else keep();
}

function figure(value: i64): void {
  decimal(<u64>value);
}

function first(): usize {
  return list ? json.firstIn(list) : 0;
}

function countFrom(item: usize): i64 {
  let count: i64 = 0;
  while (item) {
    count++;
    item = json.nextAfter(json.valueEnd(item));
  }
  return count;
}

/** Items from `item` on, `count` of them, with a comma between two. */
function writeItems(item: usize, count: i64): void {
  for (let i: i64 = 0; i < count && item; i++) {
    if (i) put(0x2c);
    rawValue(item);
    item = json.nextAfter(json.valueEnd(item));
  }
}

/** The new state: what is kept from `item` on, and the message in hand where it is `added`. */
function writeState(item: usize, added: bool): void {
  answerPart("state");
  ascii('{"messages":[');
  writeItems(item, MOST_MESSAGES);
  if (added) {
    if (item) put(0x2c);
    ascii('{"msg_id":');
    rawValue(given("msg_id"));
    rawMember("from", given("from"));
    rawMember("from_pid", given("from_pid"));
    rawMember("topic", given("topic"));
    rawMember("in_reply_to", given("in_reply_to"));
    rawMember("message", theMessage());
    put(0x7d);
  }
  ascii('],"dropped":');
  figure(dropped);
  put(0x7d);
}

/** Answers with the oldest, as many as were asked for and fit; `taking` takes them out. */
function show(taking: bool): void {
  const asked = part("limit");
  const limit = asked ? json.wholeNumber(asked) : taking ? 1 : MOST_MESSAGES;
  if (limit < 1 || limit > MOST_MESSAGES) {
    replyError("invalid-message", "limit is not a whole number from 1 to 100");
    return;
  }
  let item = first();
  let count: i64 = 0;
  let bytes: usize = 0;
  while (item && count < limit) {
    const size = json.lengthOf(item);
    if (count && bytes + size > MESSAGE_BYTES) break;
    bytes += size;
    count++;
    item = json.nextAfter(item + size);
  }
  if (taking) writeState(item, false);
  answerPart("reply");
  ascii('{"messages":[');
  writeItems(first(), count);
  ascii('],"count":');
  figure(count);
  ascii(taking ? ',"left":' : ',"total":');
  figure(taking ? total - count : total);
  ascii(',"dropped":');
  figure(dropped);
  ascii("}");
  endAnswer();
}

/** Puts the message behind the others; the oldest make room. */
function keep(): void {
  const size = json.lengthOf(theMessage()) + FRAME_BYTES;
  if (size > MESSAGE_BYTES + FRAME_BYTES) {
    answerPart("log");
    ascii('["a message was not kept: it has more than 63 KiB, so that it could not be sent on"]');
    replyError("message-too-large", "the message has more than the 63 KiB that a mailbox keeps of one: send less at once");
    return;
  }
  let item = first();
  let kept = total;
  let bytes = list ? json.lengthOf(list) : 0;
  let lost: i64 = 0;
  while (item && (kept >= MOST_MESSAGES || bytes + size > MOST_BYTES)) {
    const gone = json.lengthOf(item);
    bytes -= gone;
    kept--;
    lost++;
    item = json.nextAfter(item + gone);
  }
  dropped += lost;
  writeState(item, true);
  if (!isReply() && json.isTrue(part("ack"))) {
    answerPart("reply");
    ascii('{"stored":true,"count":');
    figure(kept + 1);
    ascii(',"dropped":');
    figure(lost);
    put(0x7d);
  }
  endAnswer();
}
