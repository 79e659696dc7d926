// Sends messages on by their topic or by one of their fields: `{"routes": [{id, match, to_pid | to_topic}], "next": n}` is
// its state.

import {
  answerPart,
  endAnswer,
  given,
  isReply,
  mayCommand,
  opIs,
  part,
  rawMember,
  rawValue,
  readMessage,
  replyError,
  theMessage,
} from "../guest/agent-message.ts";
import { beginSend, endSend, endSends, isDestination, isTopicText } from "../guest/destination.ts";
import {
  endNewEntry,
  entryAfter,
  firstEntry,
  hasEntry,
  hasRoom,
  idOf,
  nextId,
  replyEntries,
  readEntries,
  stateWithNew,
  stateWithout,
} from "../guest/entries.ts";
import * as json from "../guest/json-text.ts";
import { ascii, decimal, put } from "../guest/json-writer.ts";
import { matchesTopic } from "../guest/topic.ts";

const MOST_ROUTES: i32 = 64;
const MOST_MATCH_BYTES: usize = 4096;
/** Routers that a message passes at most, so that a circle of them comes to an end. */
const MOST_HOPS: i64 = 8;

export function _start(): void {
  readMessage();
  readEntries("routes");
  if (isReply()) endAnswer();
  else if (opIs("route") || opIs("remove") || opIs("list")) order();
  else forward();
}

function order(): void {
  if (!mayCommand()) replyError("permission-denied", "only its parent, the client or the operator may see and change routes");
  else if (opIs("route")) addRoute();
  else if (opIs("remove")) removeRoute();
  else replyEntries();
}

function isScalar(at: usize): bool {
  return at != 0 && load<u8>(at) != 0x7b && load<u8>(at) != 0x5b;
}

/** Whether a match names a pattern of topics, a field and what it equals, or both, and nothing else. */
function isMatch(match: usize): bool {
  if (!json.isObject(match) || json.lengthOf(match) > MOST_MATCH_BYTES) return false;
  const topic = json.member(match, "topic");
  const field = json.member(match, "field");
  const equals = json.member(match, "equals");
  if (topic && !isTopicText(topic, true)) return false;
  if (field ? !json.isString(field) || !isScalar(equals) : equals != 0) return false;
  return topic != 0 || field != 0;
}

function addRoute(): void {
  const match = part("match");
  const pid = part("to_pid");
  const topic = part("to_topic");
  if (!isMatch(match)) {
    replyError("invalid-message", "match is not {topic: a pattern} nor {field: a name, equals: a scalar} nor both in one");
    return;
  }
  if (!isDestination(pid, topic)) {
    replyError("invalid-message", "a route goes to exactly one of to_pid, a pid, and to_topic, a topic");
    return;
  }
  if (!hasRoom(MOST_ROUTES, json.lengthOf(theMessage()))) {
    replyError("too-many-routes", "a router keeps 64 routes at most, and 56 KiB of them: remove one");
    return;
  }
  stateWithNew("routes");
  writeRoute(match, pid, topic);
  endNewEntry();
  answerPart("reply");
  ascii('{"route":{"id":');
  decimal(<u64>nextId());
  writeRoute(match, pid, topic);
  ascii("}}");
  endAnswer();
}

function writeRoute(match: usize, pid: usize, topic: usize): void {
  rawMember("match", match);
  rawMember("to_pid", pid);
  rawMember("to_topic", topic);
}

function removeRoute(): void {
  const id = json.wholeNumber(part("id"));
  if (id < 0 || !hasEntry(id)) {
    replyError("route-not-found", "id is none of its routes: list them");
    return;
  }
  stateWithout("routes", id);
  answerPart("reply");
  ascii('{"removed":true,"id":');
  decimal(<u64>id);
  put(0x7d);
  endAnswer();
}

function matches(match: usize): bool {
  const pattern = json.member(match, "topic");
  if (pattern) {
    const topic = given("topic");
    if (!json.isString(topic)) return false;
    if (!matchesTopic(pattern + 1, json.lengthOf(pattern) - 2, topic + 1, json.lengthOf(topic) - 2)) return false;
  }
  const field = json.member(match, "field");
  if (!field) return pattern != 0;
  const value = json.memberLike(theMessage(), field);
  const equals = json.member(match, "equals");
  return value != 0 && equals != 0 && json.sameText(value, equals);
}

function forward(): void {
  // What was forwarded before says so; whoever claims hops only shortens the way of its own message.
  const claimed = json.wholeNumber(part("hops"));
  const hops = claimed < 0 ? 1 : claimed + 1;
  if (hops > MOST_HOPS) {
    answerPart("log");
    ascii('["a message was not sent on: it has passed 8 routers, which may be a circle"]');
    endAnswer();
    return;
  }
  for (let route = firstEntry(); route; route = entryAfter(route)) {
    if (!matches(json.member(route, "match"))) continue;
    beginSend(json.member(route, "to_pid"), json.member(route, "to_topic"));
    ascii('{"forwarded":');
    rawValue(theMessage());
    rawMember("from", given("from"));
    rawMember("from_pid", given("from_pid"));
    rawMember("msg_id", given("msg_id"));
    rawMember("topic", given("topic"));
    ascii(',"route":');
    decimal(<u64>idOf(route));
    ascii(',"hops":');
    decimal(<u64>hops);
    put(0x7d);
    endSend();
  }
  endSends();
  endAnswer();
}
