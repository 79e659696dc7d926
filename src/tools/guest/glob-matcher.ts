// Runs the program of a glob (glob-program.ts) over text. Matching goes on from saved states, so a folder's path is
// matched once for everything in it.

import {
  ANY,
  CHARACTER,
  CLASS,
  DEEP,
  JUMP,
  MATCH,
  NOWHERE,
  SKIP_SLASH,
  SLASH,
  SPLIT,
  STAR,
  codePointAt,
  programSize,
  step,
  width,
} from "./glob-program.ts";
import { take } from "./heap.ts";

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

/** Takes the memory that a run of the program needs, in proportion to it: once, when it is whole. */
export function takeStates(): void {
  const steps = <usize>programSize();
  marks = take(steps * 8);
  memory.fill(marks, 0, steps * 8);
  lists = take(steps * 16);
  pending = take(steps * 16);
}

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

function inClass(list: usize, code: u32): bool {
  let at = list + 8;
  const stop = at + (<usize>load<u32>(list) << 3);
  const negated = load<u32>(list, 4) != 0;
  for (; at < stop; at += 8) if (code >= load<u32>(at) && code <= load<u32>(at, 4)) return !negated;
  return negated;
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
  next = lists + (<usize>programSize() << 2);
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
    const code = codePointAt(from, stop);
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
