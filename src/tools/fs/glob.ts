import { cannot, datum, done, failWith, message } from "../guest/errors.ts";
import { openFolder } from "../guest/file.ts";
import {
  isMatch,
  loadStates,
  readText,
  saveStates,
  startStates,
  stateCount,
  takeStates,
} from "../guest/glob-matcher.ts";
import { compileGlob, complaintOffset, complaintText } from "../guest/glob-pattern.ts";
import { heapTop, release, take } from "../guest/heap.ts";
import { lengthOf, numberOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, decimal, escaped, flush, put, slot, truth } from "../guest/json-writer.ts";
import { Location, absolute, locate } from "../guest/path.ts";
import * as names from "../guest/sorted-names.ts";
import { Name } from "../guest/sorted-names.ts";
import * as walk from "../guest/tree-walk.ts";
import { Frame } from "../guest/tree-walk.ts";
import * as wasi from "../guest/wasi.ts";

const VERB: string = "search";
const DEFAULT_LIMIT: u64 = 1000;
const MOST: u64 = 10_000;
/** Longer paths are nobody's argument. */
const PATH_MAX: usize = 4096;
/** What the walk gets before the matches have to make room. */
const WALK_ROOM: usize = 64 << 10;
const SLASH: usize = memory.data<u8>([0x2f]);
const HERE: usize = memory.data<u8>([0x2e]);

/** Path of the folder in hand below the base, with a slash at its end. */
let folder: usize = 0;
let foldersOnly: bool = false;

export function _start(): void {
  readArguments();
  const given = textOf("base_dir");
  const at = locate(given ? given : HERE, given ? lengthOf("base_dir") : 1, VERB);
  const limit = min(numberOf("limit", DEFAULT_LIMIT), MOST);
  compile(textOf("pattern"), lengthOf("pattern"));
  const fd = openFolder(at, VERB, wasi.RIGHTS_LIST_FOLDER);
  folder = take(PATH_MAX + 1024);
  slot();
  release(heapTop() + WALK_ROOM);
  names.keepFirst(limit);
  release(names.namesStart() - WALK_ROOM);
  search(fd, at);
  answer(at, limit);
}

function compile(from: usize, length: usize): void {
  while (length > 1 && load<u16>(from) == 0x2f2e) {
    from += 2;
    length -= 2;
  }
  const escapedSlash = length > 1 && load<u8>(from + length - 2) == 0x5c;
  while (length > 1 && !escapedSlash && load<u8>(from + length - 1) == 0x2f) {
    length--;
    foldersOnly = true;
  }
  if (length && load<u8>(from) == 0x2f) {
    invalid("it starts with a slash: patterns are relative, name the folder in base_dir", 0);
  }
  if (length > 1 && load<u16>(from) == 0x2e2e && (length == 2 || load<u8>(from + 2) == 0x2f)) {
    invalid("it starts with ..: name the folder in base_dir", 0);
  }
  if (!compileGlob(from, length)) invalid(complaintText(), complaintOffset());
  takeStates();
}

function invalid(why: string, offset: usize): void {
  cannot("invalid-pattern", "use", textOf("pattern"), lengthOf("pattern"));
  // The text may hold a backslash, which JSON escapes.
  for (let i = 0; i < why.length; i++) {
    const letter = <u32>load<u16>(changetype<usize>(why) + (<usize>i << 1));
    if (letter == 0x5c) put(letter);
    put(letter);
  }
  datum("offset", offset);
  done();
}

function search(fd: i32, at: Location): void {
  let frame = walk.startWalk(fd, -1, wasi.RIGHTS_LIST_FOLDER, 0);
  startStates();
  keepStates(frame);
  while (true) {
    if (walk.nextEntry(frame)) {
      visit(frame);
      frame = walk.topFrame();
      continue;
    }
    if (walk.walkFailure() && (!frame.parent || walk.walkFailure() == wasi.E_MFILE)) {
      failWith(walk.walkFailure(), VERB, at.given, at.givenLength);
    }
    if (!frame.parent) return;
    frame = walk.popFolder();
  }
}

function keepStates(frame: Frame): void {
  const count = stateCount();
  frame.states = walk.keepInFrame(frame, <usize>count << 2);
  frame.stateCount = count;
  saveStates(frame.states);
}

function visit(frame: Frame): void {
  loadStates(frame.states, frame.stateCount);
  readText(walk.entryName, walk.entryLength);
  if (!stateCount()) return;
  // unknown is what is neither file, folder nor link: the host looks where the listing does not say
  const type = walk.entryType;
  const isFolder = type == wasi.TYPE_FOLDER;
  const above = <usize>frame.note;
  if (isMatch() && (isFolder || !foldersOnly)) {
    names.addName(folder, above, walk.entryName, walk.entryLength, type);
  }
  const length = above + walk.entryLength + 1;
  if (!isFolder || length >= PATH_MAX) return;
  readText(SLASH, 1);
  if (!stateCount()) return;
  const fd = walk.openEntry(frame);
  if (fd < 0) return;
  const needed = walk.walkEnd() + walk.PUSH_ROOM + (<usize>stateCount() << 2);
  if (needed > names.namesStart()) names.moveNames(needed - names.namesStart() + WALK_ROOM);
  memory.copy(folder + above, walk.entryName, walk.entryLength);
  store<u8>(folder + length - 1, 0x2f);
  const below = walk.pushFolder(fd, -1);
  below.note = <u32>length;
  keepStates(below);
}

function answer(at: Location, limit: u64): void {
  let count: u64 = 0;
  ascii('{"matches":[');
  for (let name = names.sortedNames(); changetype<usize>(name) && count < limit; name = changetype<Name>(name.next)) {
    if (count++) put(0x2c);
    put(0x22);
    absolute(at.fd, at.path, at.length, true);
    escaped(names.textAt(name), name.length);
    put(0x22);
  }
  ascii('],"count":');
  decimal(count);
  ascii(',"truncated":');
  truth(names.namesMet() > count);
  ascii("}");
  flush();
}
