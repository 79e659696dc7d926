// One region of memory that only grows: a run is short and its instance is thrown away.

import { fail, message, done } from "./errors.ts";

let top: usize = 0;

/** The first free byte, 16-aligned. */
export function heapTop(): usize {
  if (!top) top = (__heap_base + 15) & ~15;
  return top;
}

/** Gives everything from `mark`, an earlier `heapTop()`, back. */
export function release(mark: usize): void {
  top = (mark + 15) & ~15;
}

/** Makes at least `size` bytes after `heapTop()` addressable without taking them; false when memory is at its limit. */
export function tryRoom(size: usize): bool {
  const end = <u64>heapTop() + size;
  const have = <u64>memory.size() << 16;
  if (end <= have) return true;
  if (end > 0xffff0000) return false;
  // A quarter more than asked keeps the number of grow calls logarithmic; near the limit just what is needed.
  const need = <i32>((end - have + 0xffff) >> 16);
  const ample = need + (memory.size() >> 2);
  return memory.grow(ample) >= 0 || memory.grow(need) >= 0;
}

/** As {@link tryRoom}, or ends the run with `too-large`. */
export function room(size: usize): void {
  if (tryRoom(size)) return;
  fail("too-large");
  message("this call needs more memory than its limit allows: ask for less at once");
  done();
}

/** Takes `size` bytes, 16-aligned; their content is whatever was there. */
export function take(size: usize): usize {
  const at = heapTop();
  room(size);
  top = (at + size + 15) & ~15;
  return at;
}
