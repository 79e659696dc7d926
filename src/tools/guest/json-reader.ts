// Reads the arguments: one JSON object on stdin. The host has checked them against the tool's schema; what is not
// JSON all the same ends the run with `invalid-arguments`, never with a trap.

import { STDIN, TRANSFER, fd_read } from "./wasi.ts";
import { heapTop, room, take } from "./heap.ts";
import { done, fail, failWith, message } from "./errors.ts";

const MEMBERS: i32 = 16;

@unmanaged
class Member {
  key: usize;
  keyLength: usize;
  value: usize;
  length: usize;
  /** First byte of the value: `"`, `t`, `f`, `n`, `{`, `[`, `-` or a digit. */
  kind: u32;
}

const members: usize = memory.data(<i32>20 * 16, 4);
let count: i32 = 0;
let at: usize = 0;
let end: usize = 0;

function member(index: i32): Member {
  return changetype<Member>(members + <usize>index * offsetof<Member>());
}

function malformed(): void {
  fail("invalid-arguments");
  message("the arguments are not one JSON object: send an object");
  done();
}

function peek(): u32 {
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte != 0x20 && byte != 0x09 && byte != 0x0a && byte != 0x0d) return byte;
    at++;
  }
  return 0;
}

function expect(byte: u32): void {
  if (peek() != byte) malformed();
  at++;
}

/** Reads all of stdin and the members of the object in it. Strings are decoded in place. */
export function readArguments(): void {
  at = heapTop();
  end = at;
  for (;;) {
    // What memory has beyond the top comes first, so that a small object needs no growth.
    let free = (<usize>memory.size() << 16) - end;
    if (free < 4096) {
      room(end - at + 65_536 + 4096);
      free = (<usize>memory.size() << 16) - end;
    }
    TRANSFER.at = end;
    TRANSFER.length = free;
    const errno = fd_read(STDIN, changetype<usize>(TRANSFER), 1, changetype<usize>(TRANSFER) + 8);
    if (errno) failWith(errno, "read", 0, 0);
    if (!TRANSFER.done) break;
    end += TRANSFER.done;
  }
  take(end - at);
  expect(0x7b);
  if (peek() == 0x7d) return;
  for (;;) {
    if (count == MEMBERS) malformed();
    const into = member(count);
    if (peek() != 0x22) malformed();
    readString();
    into.key = textFrom;
    into.keyLength = textLength;
    expect(0x3a);
    into.kind = peek();
    if (into.kind == 0x22) {
      readString();
      into.value = textFrom;
      into.length = textLength;
    } else {
      into.value = at;
      skipValue();
      into.length = at - into.value;
    }
    count++;
    const next = peek();
    at++;
    if (next == 0x7d) return;
    if (next != 0x2c) malformed();
  }
}

let textFrom: usize = 0;
let textLength: usize = 0;

/** From a quote to past its partner, decoding into the place where it stands: decoded text is never longer. */
function readString(): void {
  let from = at + 1;
  let to = from;
  const stop = end;
  textFrom = from;
  for (;;) {
    while (from + 16 <= stop) {
      const block = v128.load(from);
      const special = v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c)));
      // A whole store is safe when it ends before what is still to be read, or moves nothing.
      const apart = from - to >= 16 || from == to;
      if (!v128.any_true(special)) {
        if (apart) v128.store(to, block);
        else memory.copy(to, from, 16);
        from += 16;
        to += 16;
        continue;
      }
      const clean = <usize>ctz(i8x16.bitmask(special));
      if (apart) v128.store(to, block);
      else memory.copy(to, from, clean);
      from += clean;
      to += clean;
      break;
    }
    if (from >= end) malformed();
    const byte = <u32>load<u8>(from++);
    if (byte == 0x22) break;
    if (byte != 0x5c) {
      store<u8>(to++, byte);
      continue;
    }
    if (from >= end) malformed();
    const escape = <u32>load<u8>(from++);
    if (escape != 0x75) {
      store<u8>(to++, unescape(escape));
      continue;
    }
    let code = hex4(from);
    from += 4;
    if (code >= 0xd800 && code < 0xdc00 && from + 6 <= end && load<u16>(from) == 0x755c) {
      const low = hex4(from + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        from += 6;
      }
    }
    if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
    to += encode(to, code);
  }
  at = from;
  textLength = to - textFrom;
}

function unescape(escape: u32): u32 {
  switch (escape) {
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    case 0x22:
    case 0x2f:
    case 0x5c:
      return escape;
  }
  malformed();
  return 0;
}

function hex4(from: usize): u32 {
  if (from + 4 > end) malformed();
  let value: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    let digit = <u32>load<u8>(from + i);
    if (digit >= 0x30 && digit <= 0x39) digit -= 0x30;
    else {
      digit |= 0x20;
      if (digit < 0x61 || digit > 0x66) malformed();
      digit -= 0x57;
    }
    value = (value << 4) | digit;
  }
  return value;
}

/** Writes a code point as UTF-8 and answers how many bytes it took. */
function encode(to: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(to, code);
    return 1;
  }
  if (code < 0x800) {
    store<u8>(to, 0xc0 | (code >> 6));
    store<u8>(to + 1, 0x80 | (code & 63));
    return 2;
  }
  if (code < 0x10000) {
    store<u8>(to, 0xe0 | (code >> 12));
    store<u8>(to + 1, 0x80 | ((code >> 6) & 63));
    store<u8>(to + 2, 0x80 | (code & 63));
    return 3;
  }
  store<u8>(to, 0xf0 | (code >> 18));
  store<u8>(to + 1, 0x80 | ((code >> 12) & 63));
  store<u8>(to + 2, 0x80 | ((code >> 6) & 63));
  store<u8>(to + 3, 0x80 | (code & 63));
  return 4;
}

/** Passes over a value that is no string; nested ones by counting brackets. */
function skipValue(): void {
  const from = at;
  let depth = 0;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x22) {
      readString();
      continue;
    }
    if (byte == 0x7b || byte == 0x5b) depth++;
    else if (byte == 0x7d || byte == 0x5d) {
      if (!depth) break;
      depth--;
    } else if (byte == 0x2c && !depth) break;
    at++;
  }
  if (at == from || depth) malformed();
}

function find(key: string): i32 {
  const length = <usize>key.length;
  for (let i = 0; i < count; i++) {
    const candidate = member(i);
    if (candidate.keyLength != length) continue;
    let j: usize = 0;
    while (j < length && <u32>load<u8>(candidate.key + j) == <u32>load<u16>(changetype<usize>(key) + (j << 1))) j++;
    if (j == length) return i;
  }
  return -1;
}

/** The bytes of a string argument; `textOf` and `lengthOf` are 0 when it is absent. */
export function textOf(key: string): usize {
  const i = find(key);
  return i >= 0 && member(i).kind == 0x22 ? member(i).value : 0;
}

export function lengthOf(key: string): usize {
  const i = find(key);
  return i >= 0 && member(i).kind == 0x22 ? member(i).length : 0;
}

export function flagOf(key: string, absent: bool): bool {
  const i = find(key);
  if (i < 0) return absent;
  return member(i).kind == 0x74 ? true : member(i).kind == 0x66 ? false : absent;
}

/** A whole number that is not negative; what is not plain digits, or beyond 2^53, is the largest. */
export function numberOf(key: string, absent: u64): u64 {
  const i = find(key);
  if (i < 0 || member(i).kind < 0x30 || member(i).kind > 0x39) return absent;
  let value: u64 = 0;
  const stop = member(i).value + member(i).length;
  for (let from = member(i).value; from < stop; from++) {
    const digit = <u32>load<u8>(from) - 0x30;
    if (digit > 9) break;
    value = value * 10 + digit;
    if (value > 9007199254740991) return 9007199254740991;
  }
  return value;
}

/** Whether a string argument equals an ASCII text. */
export function isText(key: string, text: string): bool {
  const from = textOf(key);
  const length = lengthOf(key);
  if (!from || length != <usize>text.length) return false;
  for (let i: usize = 0; i < length; i++) {
    if (<u32>load<u8>(from + i) != <u32>load<u16>(changetype<usize>(text) + (i << 1))) return false;
  }
  return true;
}
