// Calls tools each time that it is told to look, and tells of answers that are not what they were. Its state is
// `{"watches": [{id, tool, args, every, ticks, notify_pid | notify_topic, digest}], "next": n}`.

import {
  answerPart,
  endAnswer,
  given,
  isReply,
  mayCommand,
  opIs,
  part,
  raw,
  rawMember,
  rawValue,
  readMessage,
  refuseState,
  replyError,
  theMessage,
} from "../guest/agent-message.ts";
import { beginSend, endSend, endSends, isDestination } from "../guest/destination.ts";
import {
  beginState,
  endNewEntry,
  endState,
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
import { ToolAnswer, callTool } from "../guest/tool-call.ts";

const MOST_WATCHES: i32 = 32;
const MOST_NAME_BYTES: usize = 64;
const MOST_ARGUMENT_BYTES: usize = 16_384;
const MOST_EVERY: i64 = 1_000_000;

const answers: usize = memory.data(32 * 16, 4);

export function _start(): void {
  readMessage();
  readEntries("watches");
  if (isReply()) endAnswer();
  else if (opIs("watch") || opIs("unwatch") || opIs("list")) order();
  else if (opIs("tick") || part("command")) look();
  else replyError("invalid-message", "send op watch, unwatch, list or tick, or have a job of cron send to it");
}

function order(): void {
  if (!mayCommand()) replyError("permission-denied", "only its parent, the client or the operator may see and change watches");
  else if (opIs("watch")) addWatch();
  else if (opIs("unwatch")) removeWatch();
  else replyEntries();
}

function answerOf(index: i32): ToolAnswer {
  return changetype<ToolAnswer>(answers + <usize>index * offsetof<ToolAnswer>());
}

function addWatch(): void {
  const tool = part("tool");
  const args = part("args");
  const every = part("every");
  let pid = part("notify_pid");
  const topic = part("notify_topic");
  if (!pid && !topic) pid = given("from_pid");
  if (!json.isString(tool) || json.lengthOf(tool) > MOST_NAME_BYTES) {
    replyError("invalid-message", "tool is not the dotted name of a tool");
    return;
  }
  if (args && (!json.isObject(args) || json.lengthOf(args) > MOST_ARGUMENT_BYTES)) {
    replyError("invalid-message", "args is not an object of at most 16 KiB");
    return;
  }
  if (every && (json.wholeNumber(every) < 1 || json.wholeNumber(every) > MOST_EVERY)) {
    replyError("invalid-message", "every is not a whole number of ticks from 1 to 1000000");
    return;
  }
  if (!isDestination(pid, topic)) {
    replyError("invalid-message", "give exactly one of notify_pid, a pid, and notify_topic, a topic");
    return;
  }
  if (!hasRoom(MOST_WATCHES, json.lengthOf(theMessage()))) {
    replyError("too-many-watches", "a watcher keeps 32 watches at most, and 56 KiB of them: remove one with unwatch");
    return;
  }
  // What it is now is what later answers are compared with; an error is an answer like another.
  const now = answerOf(0);
  callTool(tool, args, now);
  stateWithNew("watches");
  writeWatch(tool, args, every, pid, topic);
  ascii(',"ticks":0');
  writeDigest(now.digest);
  endNewEntry();
  answerPart("reply");
  ascii('{"watch":{"id":');
  decimal(<u64>nextId());
  writeWatch(tool, args, every, pid, topic);
  writeDigest(now.digest);
  put(0x7d);
  if (now.isError) rawMember("error", now.text);
  put(0x7d);
  endAnswer();
}

function writeWatch(tool: usize, args: usize, every: usize, pid: usize, topic: usize): void {
  rawMember("tool", tool);
  if (args) rawMember("args", args);
  else ascii(',"args":{}');
  if (every) rawMember("every", every);
  else ascii(',"every":1');
  rawMember("notify_pid", pid);
  rawMember("notify_topic", topic);
}

function writeDigest(digest: usize): void {
  ascii(',"digest":"');
  raw(digest, 64);
  put(0x22);
}

function removeWatch(): void {
  const id = json.wholeNumber(part("id"));
  if (id < 0 || !hasEntry(id)) {
    replyError("watch-not-found", "id is none of its watches: list them");
    return;
  }
  stateWithout("watches", id);
  answerPart("reply");
  ascii('{"unwatched":true,"id":');
  decimal(<u64>id);
  put(0x7d);
  endAnswer();
}

/** How many ticks a watch has waited, this one too. */
function ticksOf(watch: usize): i64 {
  const ticks = json.wholeNumber(json.member(watch, "ticks"));
  return ticks < 0 ? 1 : ticks + 1;
}

function isDue(watch: usize): bool {
  return ticksOf(watch) >= json.wholeNumber(json.member(watch, "every"));
}

function isChanged(watch: usize, now: ToolAnswer): bool {
  const before = json.member(watch, "digest");
  return !json.isString(before) || json.lengthOf(before) != 66 || memory.compare(before + 1, now.digest, 64) != 0;
}

/** Calls the tools of all watches that are due, then writes what came of it. */
function look(): void {
  let index = 0;
  for (let watch = firstEntry(); watch && index < MOST_WATCHES; watch = entryAfter(watch)) {
    const now = answerOf(index++);
    now.digest = 0;
    if (!json.isString(json.member(watch, "tool"))) refuseState();
    if (isDue(watch)) callTool(json.member(watch, "tool"), json.member(watch, "args"), now);
  }
  if (!index) {
    endAnswer();
    return;
  }
  beginState("watches");
  index = 0;
  for (let watch = firstEntry(); watch && index < MOST_WATCHES; watch = entryAfter(watch)) {
    if (index) put(0x2c);
    writeLookedAt(watch, answerOf(index++));
  }
  endState(nextId());
  index = 0;
  for (let watch = firstEntry(); watch && index < MOST_WATCHES; watch = entryAfter(watch)) {
    const now = answerOf(index++);
    if (now.digest && isChanged(watch, now)) tell(watch, now);
  }
  endSends();
  endAnswer();
}

function writeLookedAt(watch: usize, now: ToolAnswer): void {
  ascii('{"id":');
  rawValue(json.member(watch, "id"));
  writeWatch(
    json.member(watch, "tool"),
    json.member(watch, "args"),
    json.member(watch, "every"),
    json.member(watch, "notify_pid"),
    json.member(watch, "notify_topic"),
  );
  ascii(',"ticks":');
  decimal(now.digest ? 0 : <u64>ticksOf(watch));
  if (now.digest) writeDigest(now.digest);
  else rawMember("digest", json.member(watch, "digest"));
  put(0x7d);
}

function tell(watch: usize, now: ToolAnswer): void {
  beginSend(json.member(watch, "notify_pid"), json.member(watch, "notify_topic"));
  ascii('{"event":"changed","watch":');
  rawValue(json.member(watch, "id"));
  rawMember("tool", json.member(watch, "tool"));
  rawMember("args", json.member(watch, "args"));
  writeDigest(now.digest);
  if (!now.text) {
    ascii(',"answer_bytes":');
    decimal(now.length);
  } else rawMember(now.isError ? "error" : "answer", now.text);
  put(0x7d);
  endSend();
}
