// Looks into JSON text without changing it, so that any part of it can be copied to the answer as it stands. The text is
// one that the host wrote, and ends with a zero byte: what is cut or no JSON all the same ends the run, never with a trap.

import { done, fail, message } from "./errors.ts";

function malformed(): void {
  fail("invalid-arguments");
  message("the input is not one JSON value: send what the host writes");
  done();
}

function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

/** Past white space. */
export function pastSpace(at: usize): usize {
  while (isSpace(load<u8>(at))) at++;
  return at;
}

/** From a quote to past its partner. */
function stringEnd(at: usize): usize {
  at++;
  for (;;) {
    const block = v128.load(at);
    const special = v128.or(
      v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))),
      i8x16.eq(block, i8x16.splat(0)),
    );
    if (!v128.any_true(special)) {
      at += 16;
      continue;
    }
    at += <usize>ctz(i8x16.bitmask(special));
    const byte = <u32>load<u8>(at++);
    if (byte == 0x22) break;
    if (!byte || !load<u8>(at)) malformed();
    at++;
  }
  return at;
}

/** Where the value that starts at `at` ends. Nesting is counted and not recursed into, so it may be of any depth. */
export function valueEnd(at: usize): usize {
  const first = <u32>load<u8>(at);
  if (first == 0x22) return stringEnd(at);
  if (first != 0x7b && first != 0x5b) {
    const from = at;
    for (;;) {
      const byte = <u32>load<u8>(at);
      if (!byte || byte == 0x2c || byte == 0x7d || byte == 0x5d || isSpace(byte)) break;
      at++;
    }
    if (at == from) malformed();
    return at;
  }
  let depth = 0;
  for (;;) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x22) {
      at = stringEnd(at);
      continue;
    }
    at++;
    if (byte == 0x7b || byte == 0x5b) depth++;
    else if (byte == 0x7d || byte == 0x5d) {
      if (--depth == 0) break;
    } else if (!byte) malformed();
  }
  return at;
}

export function lengthOf(at: usize): usize {
  return valueEnd(at) - at;
}

/** The first item of an array or the first key of an object; 0 where there is none, or it is neither. */
export function firstIn(at: usize): usize {
  const open = <u32>load<u8>(at);
  if (open != 0x5b && open != 0x7b) return 0;
  const item = pastSpace(at + 1);
  const byte = <u32>load<u8>(item);
  return byte == 0x5d || byte == 0x7d ? 0 : item;
}

/** The item, or the key, after the value that ends at `end`; 0 where it was the last. */
export function nextAfter(end: usize): usize {
  const at = pastSpace(end);
  const byte = <u32>load<u8>(at);
  if (byte == 0x5d || byte == 0x7d) return 0;
  if (byte != 0x2c) malformed();
  return pastSpace(at + 1);
}

/** The value of a key that starts at `key`. */
function valueOf(key: usize): usize {
  if (load<u8>(key) != 0x22) malformed();
  const colon = pastSpace(stringEnd(key));
  if (load<u8>(colon) != 0x3a) malformed();
  return pastSpace(colon + 1);
}

/** The member of an object whose key is spelt as the JSON string at `name` is; 0 where there is none. */
export function memberLike(object: usize, name: usize): usize {
  if (load<u8>(object) != 0x7b) return 0;
  let key = firstIn(object);
  while (key) {
    const value = valueOf(key);
    if (sameText(key, name)) return value;
    key = nextAfter(valueEnd(value));
  }
  return 0;
}

/** The member of an object by its ASCII name; 0 where there is none, or it is no object. */
export function member(object: usize, name: string): usize {
  if (!object || load<u8>(object) != 0x7b) return 0;
  let key = firstIn(object);
  while (key) {
    const value = valueOf(key);
    if (isText(key, name)) return value;
    key = nextAfter(valueEnd(value));
  }
  return 0;
}

/** Whether two values are spelt alike. */
export function sameText(a: usize, b: usize): bool {
  const length = lengthOf(a);
  return length == lengthOf(b) && memory.compare(a, b, length) == 0;
}

/** Whether the value is this ASCII string. */
export function isText(at: usize, text: string): bool {
  if (!at || load<u8>(at) != 0x22) return false;
  const length = <usize>text.length;
  for (let i: usize = 0; i < length; i++) {
    if (<u32>load<u8>(at + 1 + i) != <u32>load<u16>(changetype<usize>(text) + (i << 1))) return false;
  }
  return load<u8>(at + 1 + length) == 0x22;
}

export function isString(at: usize): bool {
  return at != 0 && load<u8>(at) == 0x22;
}

export function isObject(at: usize): bool {
  return at != 0 && load<u8>(at) == 0x7b;
}

export function isNull(at: usize): bool {
  return !at || load<u8>(at) == 0x6e;
}

export function isTrue(at: usize): bool {
  return at != 0 && load<u8>(at) == 0x74;
}

/** A whole number from 0 to 2^53 − 1, spelt in digits; -1 for every other value, and where there is none. */
export function wholeNumber(at: usize): i64 {
  if (!at) return -1;
  const end = valueEnd(at);
  let value: i64 = 0;
  for (let i = at; i < end; i++) {
    const digit = <u32>load<u8>(i) - 0x30;
    if (digit > 9) return -1;
    value = value * 10 + digit;
    if (value > 9007199254740991) return -1;
  }
  return value;
}
