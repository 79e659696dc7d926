// Compiles a glob to a small program and runs it over text as a set of states, so that time is linear in the text
// whatever the pattern (K. Thompson 1968; R. Cox, "Regular Expression Matching: the Virtual Machine Approach").
// Matching goes on from saved states, so a folder's path is matched once for everything in it.

import { take } from "./heap.ts";

const CHARACTER: u32 = 0;
const ANY: u32 = 1;
const STAR: u32 = 2;
const CLASS: u32 = 3;
/** One or more characters, slashes too. */
const DEEP: u32 = 4;
/** No component at all: passes the slash that follows in the pattern. */
const SKIP_SLASH: u32 = 5;
const SPLIT: u32 = 6;
const JUMP: u32 = 7;
const MATCH: u32 = 8;

const SLASH: u32 = 0x2f;
/** Braces in braces. */
const NESTING: i32 = 32;
const NOWHERE: u32 = 0xffffffff;

/** 12 bytes: what to do, its operand, and where else to go. */
@unmanaged
class Step {
  kind: u32;
  operand: u32;
  other: u32;
}

let program: usize = 0;
let size: u32 = 0;
let classes: usize = 0;
let pattern: usize = 0;
let end: usize = 0;
let complaint: string = "";
let complaintAt: usize = 0;

/** What is wrong with the pattern, after {@link compileGlob} answered false. */
export function complaintText(): string {
  return complaint;
}

/** Byte of the pattern that it is about. */
export function complaintOffset(): usize {
  return complaintAt;
}

function step(index: u32): Step {
  return changetype<Step>(program + <usize>index * offsetof<Step>());
}

function emit(kind: u32, operand: u32): u32 {
  const at = step(size);
  at.kind = kind;
  at.operand = operand;
  at.other = NOWHERE;
  return size++;
}

function complain(text: string, at: usize): bool {
  complaint = text;
  complaintAt = at - pattern;
  return false;
}

/** The code point at `at`, and its length in {@link width}; a stray byte stands for itself. */
let width: usize = 0;
function characterOf(at: usize, stop: usize): u32 {
  const lead = <u32>load<u8>(at);
  width = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + width > stop) width = 1;
  if (width == 1) return lead;
  let code = lead & (0xff >> (<u32>width + 1));
  for (let i: usize = 1; i < width; i++) code = (code << 6) | (load<u8>(at + i) & 63);
  return code;
}

const frames: usize = memory.data(12 * 32, 4);

/**
 * Compiles a pattern: `*`, `?`, `**` as a whole component, `[a-z]`, `[!a]`, `{a,b}` nested, `\` before a literal.
 * False when it is malformed. Takes memory in proportion to the pattern.
 */
export function compileGlob(from: usize, length: usize): bool {
  pattern = from;
  end = from + length;
  size = 0;
  // Each byte makes two steps at most: `**` makes three of two bytes, a comma two, a brace one.
  program = take((length * 2 + 4) * offsetof<Step>());
  classes = take(length * 8 + 16);
  let depth = 0;
  // Whether a component starts here, on every way to here.
  let fresh = true;
  let at = from;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x2a) {
      const start = at;
      while (at < end && load<u8>(at) == 0x2a) at++;
      if (at - start == 2 && fresh && endsComponent(at, depth)) {
        const split = emit(SPLIT, 0);
        emit(DEEP, 0);
        const jump = emit(JUMP, 0);
        step(split).other = emit(SKIP_SLASH, 0);
        step(jump).operand = size;
      } else emit(STAR, 0);
      fresh = false;
      continue;
    }
    if (byte == 0x5b) {
      at = compileClass(at);
      if (!at) return false;
      fresh = false;
      continue;
    }
    at++;
    if (byte == 0x7b) {
      if (depth == NESTING) return complain("braces nest too deeply", at - 1);
      const frame = frames + <usize>(depth++) * 12;
      store<u32>(frame, emit(SPLIT, 0));
      store<u32>(frame, NOWHERE, 4);
      // Low bit: a component starts at each alternative; next bit: and each so far ended where one starts.
      store<u32>(frame, (fresh ? 1 : 0) | 2, 8);
      continue;
    }
    if (depth && (byte == 0x2c || byte == 0x7d)) {
      const frame = frames + <usize>(depth - 1) * 12;
      if (!fresh) store<u32>(frame, load<u32>(frame, 8) & ~2, 8);
      if (byte == 0x2c) {
        const jump = emit(JUMP, 0);
        step(jump).operand = load<u32>(frame, 4);
        store<u32>(frame, jump, 4);
        step(load<u32>(frame)).other = size;
        store<u32>(frame, emit(SPLIT, 0));
        fresh = (load<u32>(frame, 8) & 1) != 0;
        continue;
      }
      for (let jump = load<u32>(frame, 4); jump != NOWHERE; ) {
        const before = step(jump).operand;
        step(jump).operand = size;
        jump = before;
      }
      fresh = (load<u32>(frame, 8) & 2) != 0;
      depth--;
      continue;
    }
    if (byte == 0x7d) return complain("a closing brace has no opening one: write \\} for the character itself", at - 1);
    if (byte == 0x3f) {
      emit(ANY, 0);
      fresh = false;
      continue;
    }
    let literal = at - 1;
    if (byte == 0x5c) {
      if (at == end) return complain("a backslash ends the pattern: write \\\\ for the character itself", at - 1);
      literal = at;
    }
    const code = characterOf(literal, end);
    at = literal + width;
    emit(CHARACTER, code);
    fresh = code == SLASH;
  }
  if (depth) return complain("an opening brace has no closing one: write \\{ for the character itself", end);
  emit(MATCH, 0);
  marks = take(<usize>size * 8);
  memory.fill(marks, 0, <usize>size * 8);
  lists = take(<usize>size * 16);
  pending = take(<usize>size * 16);
  return true;
}

/** Whether what follows, also behind the braces that close here, starts with a slash or is the end. */
function endsComponent(at: usize, depth: i32): bool {
  let passing = 0;
  while (at < end) {
    const byte = <u32>load<u8>(at++);
    if (passing) {
      // Over the other alternatives of braces that close behind.
      if (byte == 0x5c) at++;
      else if (byte == 0x7b) passing++;
      else if (byte == 0x7d) passing--;
      continue;
    }
    if (byte == SLASH) return true;
    if (!depth || (byte != 0x2c && byte != 0x7d)) return false;
    depth--;
    if (byte == 0x2c) passing = 1;
  }
  return true;
}

/** `[…]` to a list of ranges; answers where it ends, 0 when it is malformed. */
function compileClass(from: usize): usize {
  let at = from + 1;
  const list = classes;
  let to = list + 8;
  let negated: u32 = 0;
  if (at < end && (load<u8>(at) == 0x21 || load<u8>(at) == 0x5e)) {
    negated = 1;
    at++;
  }
  let first = true;
  while (at < end && (first || load<u8>(at) != 0x5d)) {
    first = false;
    if (load<u8>(at) == 0x5c && at + 1 < end) at++;
    const low = characterOf(at, end);
    at += width;
    let high = low;
    if (at + 1 < end && load<u8>(at) == 0x2d && load<u8>(at + 1) != 0x5d) {
      at++;
      if (load<u8>(at) == 0x5c && at + 1 < end) at++;
      high = characterOf(at, end);
      at += width;
    }
    if (high < low) {
      complain("a range in brackets runs backwards", from);
      return 0;
    }
    store<u32>(to, low);
    store<u32>(to, high, 4);
    to += 8;
  }
  if (at >= end) {
    complain("an opening bracket has no closing one: write \\[ for the character itself", from);
    return 0;
  }
  store<u32>(list, (<u32>(to - list) >> 3) - 1);
  store<u32>(list, negated, 4);
  classes = to;
  emit(CLASS, <u32>list);
  return at + 1;
}

function inClass(list: usize, code: u32): bool {
  let at = list + 8;
  const stop = at + (<usize>load<u32>(list) << 3);
  const negated = load<u32>(list, 4) != 0;
  for (; at < stop; at += 8) if (code >= load<u32>(at) && code <= load<u32>(at, 4)) return !negated;
  return negated;
}

/** Two u32 a step, one for each mode: the round in which the step was last added. */
let marks: usize = 0;
let round: u32 = 1;
/** Two lists of u32; and a stack for the closure. */
let lists: usize = 0;
let pending: usize = 0;
let current: usize = 0;
let count: i32 = 0;
let next: usize = 0;
let nextCount: i32 = 0;

/** Adds a step and all that is reached from it without reading; `skipping` when a slash is passed on the way. */
function add(index: u32): void {
  let depth: usize = 0;
  store<u32>(pending, index << 1);
  depth = 1;
  while (depth) {
    const item = load<u32>(pending + (--depth << 2));
    const mark = marks + (item << 2);
    if (load<u32>(mark) == round) continue;
    store<u32>(mark, round);
    const at = item >> 1;
    const skipping = item & 1;
    const state = step(at);
    switch (state.kind) {
      case JUMP:
        store<u32>(pending + (depth++ << 2), (state.operand << 1) | skipping);
        continue;
      case SPLIT:
        if (state.other != NOWHERE) store<u32>(pending + (depth++ << 2), (state.other << 1) | skipping);
        store<u32>(pending + (depth++ << 2), ((at + 1) << 1) | skipping);
        continue;
      case SKIP_SLASH:
        store<u32>(pending + (depth++ << 2), ((at + 1) << 1) | 1);
        continue;
    }
    if (skipping) {
      if (state.kind == CHARACTER && state.operand == SLASH) store<u32>(pending + (depth++ << 2), (at + 1) << 1);
      continue;
    }
    // A star also stands for nothing.
    if (state.kind == STAR) store<u32>(pending + (depth++ << 2), (at + 1) << 1);
    store<u32>(next + (<usize>(nextCount++) << 2), at);
  }
}

function swap(): void {
  const old = current;
  current = next;
  count = nextCount;
  next = old;
  nextCount = 0;
  round++;
}

/** Starts at the beginning of the pattern. */
export function startStates(): void {
  current = lists;
  next = lists + (<usize>size << 2);
  nextCount = 0;
  add(0);
  swap();
}

/** Goes on from states that {@link saveStates} wrote. */
export function loadStates(from: usize, saved: i32): void {
  memory.copy(current, from, <usize>saved << 2);
  count = saved;
}

export function saveStates(to: usize): void {
  memory.copy(to, current, <usize>count << 2);
}

/** How many states are alive: with none, no text that goes on from here matches. */
export function stateCount(): i32 {
  return count;
}

/** ASCII characters that a state is waiting for, as two sets of 64; and whether one waits for another character. */
let awaitedLow: u64 = 0;
let awaitedHigh: u64 = 0;
let awaitedWide: bool = false;

function gatherAwaited(): void {
  awaitedLow = <u64>1 << SLASH;
  awaitedHigh = 0;
  awaitedWide = false;
  for (let i = 0; i < count; i++) {
    const state = step(load<u32>(current + (<usize>i << 2)));
    if (state.kind != CHARACTER) continue;
    if (state.operand < 64) awaitedLow |= <u64>1 << state.operand;
    else if (state.operand < 128) awaitedHigh |= <u64>1 << (state.operand & 63);
    else awaitedWide = true;
  }
}

/** Passes over characters that no state is waiting for. */
function passOver(from: usize, stop: usize): usize {
  gatherAwaited();
  while (from < stop) {
    const byte = <u32>load<u8>(from);
    if (byte < 128) {
      if (((byte < 64 ? awaitedLow : awaitedHigh) >> (byte & 63)) & 1) break;
    } else if (awaitedWide) break;
    from++;
  }
  return from;
}

/** Reads UTF-8 text. */
export function readText(from: usize, length: usize): void {
  const stop = from + length;
  while (from < stop && count) {
    const code = characterOf(from, stop);
    from += width;
    // Whether any other character that no state is waiting for would have done the same.
    let indifferent = code != SLASH;
    for (let i = 0; i < count; i++) {
      const index = load<u32>(current + (<usize>i << 2));
      const state = step(index);
      switch (state.kind) {
        case CHARACTER:
          if (state.operand == code) {
            add(index + 1);
            indifferent = false;
          }
          break;
        case ANY:
          if (code != SLASH) add(index + 1);
          indifferent = false;
          break;
        case STAR:
          if (code != SLASH) add(index);
          break;
        case CLASS:
          if (code != SLASH && inClass(state.operand, code)) add(index + 1);
          indifferent = false;
          break;
        case DEEP:
          add(index);
          add(index + 1);
          break;
      }
    }
    const before = count;
    swap();
    // The states came out as they went in, so they will until a character comes that one is waiting for.
    if (indifferent && count == before && !memory.compare(current, next, <usize>count << 2)) {
      from = passOver(from, stop);
    }
  }
}

/** Whether all that was read matches the pattern. */
export function isMatch(): bool {
  for (let i = 0; i < count; i++) if (step(load<u32>(current + (<usize>i << 2))).kind == MATCH) return true;
  return false;
}
