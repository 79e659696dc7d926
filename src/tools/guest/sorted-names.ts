// Keeps the first `most` of any number of names in the order of their bytes, in memory for twice as many.

import { heapTop, release, room } from "./heap.ts";

/** A name in the arena; its bytes follow, filled with zeros to whole words, the last of which has a zero at its end. */
@unmanaged
export class Name {
  next: usize;
  length: usize;
  type: u8;
}

const HEAD: usize = 16;
const BINS: i32 = 32;
const bins: usize = memory.data(128, 4);

let most: u64 = 0;
let first: usize = 0;
let held: u64 = 0;
let met: u64 = 0;
let start: usize = 0;
let top: usize = 0;
/** The last name that is kept, once others were dropped. */
let worst: usize = 0;

/** Starts anew. From here on the heap belongs to the names. */
export function keepFirst(count: u64): void {
  most = count;
  first = 0;
  held = 0;
  met = 0;
  worst = 0;
  start = heapTop();
  top = start;
}

/** Where the names start. */
export function namesStart(): usize {
  return start;
}

/** Moves all names up by `by` bytes, to make room below them. */
export function moveNames(by: usize): void {
  release(top);
  room(by);
  memory.copy(start + by, start, top - start);
  start += by;
  top += by;
  if (worst) worst += by;
  if (first) first += by;
  for (let at = first; at; at = changetype<Name>(at).next) {
    if (changetype<Name>(at).next) changetype<Name>(at).next += by;
  }
}

/** How many names were added, kept or not. */
export function namesMet(): u64 {
  return met;
}

export function textAt(name: Name): usize {
  return changetype<usize>(name) + HEAD;
}

// @ts-ignore: decorator
@inline
function sizeOf(length: usize): usize {
  return HEAD + ((length + 8) & ~7);
}

/** Takes room for a name of two parts joined, and adds it. */
export function addName(prefix: usize, prefixLength: usize, name: usize, length: usize, type: u8): void {
  met++;
  if (!most) return;
  const whole = prefixLength + length;
  const size = sizeOf(whole);
  release(top);
  room(size);
  const at = changetype<Name>(top);
  store<u64>(top + size - 8, 0);
  memory.copy(top + HEAD, prefix, prefixLength);
  memory.copy(top + HEAD + prefixLength, name, length);
  at.length = whole;
  at.type = type;
  if (worst && !before(top, worst)) return;
  at.next = first;
  first = top;
  top += size;
  release(top);
  if (++held >= most * 2 && held >= 4096) trim();
}

/** The kept names in order, as a list. */
export function sortedNames(): Name {
  sort();
  return changetype<Name>(first);
}

function before(a: usize, b: usize): bool {
  let i: usize = HEAD;
  let x = load<u64>(a + i);
  let y = load<u64>(b + i);
  while (x == y && x >> 56) {
    i += 8;
    x = load<u64>(a + i);
    y = load<u64>(b + i);
  }
  return bswap<u64>(x) < bswap<u64>(y);
}

function merge(a: usize, b: usize): usize {
  let head: usize = 0;
  let tail: usize = 0;
  while (a && b) {
    let taken = a;
    if (before(b, a)) {
      taken = b;
      b = changetype<Name>(b).next;
    } else a = changetype<Name>(a).next;
    if (tail) changetype<Name>(tail).next = taken;
    else head = taken;
    tail = taken;
  }
  const rest = a ? a : b;
  if (!tail) return rest;
  changetype<Name>(tail).next = rest;
  return head;
}

/** Merge sort of a list, bottom up: bin i holds a sorted list of 2^i names. */
function sort(): void {
  memory.fill(bins, 0, 4 * BINS);
  let rest = first;
  while (rest) {
    let list = rest;
    rest = changetype<Name>(list).next;
    changetype<Name>(list).next = 0;
    let bin = bins;
    while (bin < bins + 4 * (BINS - 1) && load<usize>(bin)) {
      list = merge(load<usize>(bin), list);
      store<usize>(bin, 0);
      bin += 4;
    }
    store<usize>(bin, load<usize>(bin) ? merge(load<usize>(bin), list) : list);
  }
  first = 0;
  for (let i = 0; i < BINS; i++) {
    const list = load<usize>(bins + (<usize>i << 2));
    if (list) first = first ? merge(list, first) : list;
  }
}

/** Drops what lies beyond `most` and closes the gaps: copies the rest behind, then moves it down. */
function trim(): void {
  sort();
  let to = top;
  let last: usize = 0;
  let head: usize = 0;
  let kept: u64 = 0;
  for (let at = first; at && kept < most; at = changetype<Name>(at).next) {
    const size = sizeOf(changetype<Name>(at).length);
    release(to);
    room(size);
    memory.copy(to, at, size);
    if (last) changetype<Name>(last).next = to - (top - start);
    else head = to - (top - start);
    last = to;
    to += size;
    kept++;
  }
  changetype<Name>(last).next = 0;
  memory.copy(start, top, to - top);
  worst = last - (top - start);
  first = head;
  held = kept;
  top = start + (to - top);
  release(top);
}
