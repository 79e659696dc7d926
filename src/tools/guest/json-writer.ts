// Writes the answer as JSON straight into a buffer that is handed to stdout whenever it is full.

import { TRANSFER, STDOUT, fd_write } from "./wasi.ts";
import { take } from "./heap.ts";

/** Bytes between two writes to stdout. */
const CAPACITY: usize = 65_536;
/** Room that is always left after a check: a vector, or an escape. */
const SLACK: usize = 64;

let base: usize = 0;
let end: usize = 0;
let at: usize = 0;
let sent: bool = false;

const HEX: usize = memory.data<u8>([
  0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
]);

function ready(): void {
  if (!base) {
    base = take(CAPACITY + SLACK);
    at = base;
    end = base + CAPACITY;
  } else if (at >= end) flush();
}

/** Hands over what is written so far. A host that takes no output ends the run by a trap. */
export function flush(): void {
  let from = base;
  while (from < at) {
    TRANSFER.at = from;
    TRANSFER.length = at - from;
    if (fd_write(STDOUT, changetype<usize>(TRANSFER), 1, changetype<usize>(TRANSFER) + 8)) {
      unreachable();
    }
    if (!TRANSFER.done) unreachable();
    from += TRANSFER.done;
    sent = true;
  }
  at = base;
}

/** Forgets what is written, for an error in its place; traps when a part has left already. */
export function discard(): void {
  if (sent) unreachable();
  at = base;
}

/** One byte as it is. */
export function put(byte: u32): void {
  ready();
  store<u8>(at++, byte);
}

/** ASCII text as it is. */
export function ascii(text: string): void {
  const from = changetype<usize>(text);
  const length = <usize>text.length;
  for (let i: usize = 0; i < length; i++) {
    ready();
    store<u8>(at++, load<u16>(from + (i << 1)));
  }
}

/** A decimal number. */
export function decimal(value: u64): void {
  ready();
  let digits = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  let to = at + digits;
  at = to;
  do {
    store<u8>(--to, 0x30 + <u32>(value % 10));
    value /= 10;
  } while (value);
}

/** A decimal number with leading zeros up to `width`. */
export function padded(value: u64, width: i32): void {
  ready();
  for (let i = width - 1; i >= 0; i--) {
    store<u8>(at + i, 0x30 + <u32>(value % 10));
    value /= 10;
  }
  at += width;
}

export function truth(value: bool): void {
  ascii(value ? "true" : "false");
}

/** The letter of a short escape for each control, 0 where there is none. */
const SHORT: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0x62, 0x74, 0x6e, 0, 0x66, 0x72, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

/** Writes the escape of a control, quote or backslash and answers where it ends. */
function escape(to: usize, byte: u32): usize {
  const short = byte < 0x20 ? <u32>load<u8>(SHORT + byte) : byte;
  if (short) {
    store<u16>(to, 0x5c | (short << 8));
    return to + 2;
  }
  store<u32>(to, 0x30_30_75_5c); // `\u00` in memory order
  store<u8>(to + 4, load<u8>(HEX + (byte >> 4)));
  store<u8>(to + 5, load<u8>(HEX + (byte & 15)));
  return to + 6;
}

/** UTF-8 text inside a JSON string: escapes controls, quote and backslash, and nothing else (RFC 8259 §7). */
export function escaped(from: usize, length: usize): void {
  const stop = from + length;
  while (from < stop) {
    ready();
    const full = end;
    let to = at;
    while (from + 16 <= stop && to < full) {
      const block = v128.load(from);
      v128.store(to, block);
      const care = v128.or(
        v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))),
        i8x16.lt_u(block, i8x16.splat(0x20)),
      );
      if (!v128.any_true(care)) {
        from += 16;
        to += 16;
        continue;
      }
      const clean = <usize>ctz(i8x16.bitmask(care));
      from += clean;
      to = escape(to + clean, load<u8>(from++));
    }
    const tail = from + 16 > stop ? stop : from;
    while (from < tail && to < full) {
      const byte = <u32>load<u8>(from++);
      if (byte < 0x20 || byte == 0x22 || byte == 0x5c) to = escape(to, byte);
      else store<u8>(to++, byte);
    }
    at = to;
  }
}

/** A whole JSON string. */
export function quoted(from: usize, length: usize): void {
  put(0x22);
  escaped(from, length);
  put(0x22);
}

/** Hands out room for up to `size` bytes, at most the slack, that the caller fills; then {@link wrote} says how many. */
export function slot(): usize {
  ready();
  return at;
}

export function wrote(size: usize): void {
  at += size;
}
