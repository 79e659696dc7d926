// A list of numbered entries in a template's state, `{"<name>": [{"id": 1, …}], "next": 2}`, and what all that keep one do.

import { answerPart, endAnswer, listInState, numberInState, rawValue, refuseState } from "./agent-message.ts";
import * as json from "./json-text.ts";
import { ascii, decimal, put } from "./json-writer.ts";

/** Of all entries, so that they can be sent as one message. */
const MOST_BYTES: usize = 57_344;

let list: usize = 0;
let name: string = "";
let next: i64 = 1;

export function readEntries(named: string): void {
  name = named;
  list = listInState(name);
  next = numberInState("next");
  if (next < 1) next = 1;
  for (let entry = firstEntry(); entry; entry = entryAfter(entry)) if (idOf(entry) < 0) refuseState();
}

export function firstEntry(): usize {
  return list ? json.firstIn(list) : 0;
}

export function entryAfter(entry: usize): usize {
  return json.nextAfter(json.valueEnd(entry));
}

export function countEntries(): i32 {
  let count = 0;
  for (let entry = firstEntry(); entry; entry = entryAfter(entry)) count++;
  return count;
}

/** Replies with all of them. */
export function replyEntries(): void {
  answerPart("reply");
  ascii('{"');
  ascii(name);
  ascii('":');
  writeEntries(-1);
  ascii(',"count":');
  decimal(countEntries());
  put(0x7d);
  endAnswer();
}

/** Whether there is room for one entry more, which has this many bytes. */
export function hasRoom(most: i32, bytes: usize): bool {
  return countEntries() < most && (list ? json.lengthOf(list) : 0) + bytes <= MOST_BYTES;
}

/** The id of an entry, -1 where it has none. */
export function idOf(entry: usize): i64 {
  return json.wholeNumber(json.member(entry, "id"));
}

export function hasEntry(id: i64): bool {
  for (let entry = firstEntry(); entry; entry = entryAfter(entry)) if (idOf(entry) == id) return true;
  return false;
}

/** The id that a new entry gets. */
export function nextId(): i64 {
  return next;
}

/** `[…]`, all entries but the one with this id. */
export function writeEntries(without: i64): void {
  put(0x5b);
  writeOthers(without);
  put(0x5d);
}

function writeOthers(without: i64): bool {
  let any = false;
  for (let entry = firstEntry(); entry; entry = entryAfter(entry)) {
    if (idOf(entry) == without) continue;
    if (any) put(0x2c);
    any = true;
    rawValue(entry);
  }
  return any;
}

/** The state without the entry of this id. */
export function stateWithout(name: string, id: i64): void {
  beginState(name);
  writeOthers(id);
  endState(next);
}

/** The state up to where the new entry's members follow its id; then {@link endNewEntry}. */
export function stateWithNew(name: string): void {
  beginState(name);
  if (writeOthers(-1)) put(0x2c);
  ascii('{"id":');
  decimal(<u64>next);
}

export function endNewEntry(): void {
  put(0x7d);
  endState(next + 1);
}

export function beginState(name: string): void {
  answerPart("state");
  ascii('{"');
  ascii(name);
  ascii('":[');
}

export function endState(following: i64): void {
  ascii('],"next":');
  decimal(<u64>following);
  put(0x7d);
}
