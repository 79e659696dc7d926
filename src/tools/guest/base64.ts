// Base 64 with the standard alphabet and padding (RFC 4648 §4), decoded strictly (§3.3, §3.5).

import { put, slot, wrote } from "./json-writer.ts";

const ALPHABET: usize = memory.data<u8>([
  65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 97, 98, 99,
  100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 48,
  49, 50, 51, 52, 53, 54, 55, 56, 57, 43, 47,
]);

function digit(value: u32): void {
  put(load<u8>(ALPHABET + (value & 63)));
}

/** Writes bytes as base64 text into the answer. Reads up to 16 bytes past `length`, never past memory. */
export function encode64(from: usize, length: usize): void {
  const end = from + length;
  const memoryEnd = <usize>memory.size() << 16;
  // Twelve bytes a round, after W. Mula: spread the 6-bit groups, then shift each class to its letters.
  while (from + 12 <= end && from + 16 <= memoryEnd) {
    const block = v128.load(from);
    const spread = v128.shuffle<u8>(block, block, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    const groups = v128.or(
      v128.or(
        v128.and(v128.shr<u32>(spread, 10), i32x4.splat(0x0000003f)),
        v128.and(v128.shr<u32>(spread, 6), i32x4.splat(0x003f0000)),
      ),
      v128.or(
        v128.and(v128.shl<u32>(spread, 8), i32x4.splat(0x3f000000)),
        v128.and(v128.shl<u32>(spread, 4), i32x4.splat(0x00003f00)),
      ),
    );
    const upper = v128.and(i8x16.lt_u(groups, i8x16.splat(26)), i8x16.splat(13));
    const row = v128.or(i8x16.sub_sat_u(groups, i8x16.splat(51)), upper);
    const shift = v128.swizzle(
      i8x16(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0),
      row,
    );
    v128.store(slot(), i8x16.add(groups, shift));
    wrote(16);
    from += 12;
  }
  while (from + 3 <= end) {
    const three = (<u32>load<u8>(from) << 16) | (<u32>load<u8>(from + 1) << 8) | load<u8>(from + 2);
    digit(three >> 18);
    digit(three >> 12);
    digit(three >> 6);
    digit(three);
    from += 3;
  }
  const left = end - from;
  if (!left) return;
  const last = (<u32>load<u8>(from) << 16) | (left == 2 ? <u32>load<u8>(from + 1) << 8 : 0);
  digit(last >> 18);
  digit(last >> 12);
  if (left == 2) digit(last >> 6);
  else put(0x3d);
  put(0x3d);
}

// @ts-ignore: decorator
@inline
function valueOf(letter: u32): u32 {
  if (letter - 0x41 < 26) return letter - 0x41;
  if (letter - 0x61 < 26) return letter - 0x61 + 26;
  if (letter - 0x30 < 10) return letter - 0x30 + 52;
  if (letter == 0x2b) return 62;
  return letter == 0x2f ? 63 : 0xff;
}

/** Decodes in place and answers the length; -1 for a foreign letter, wrong padding or bits that are lost. */
export function decode64(from: usize, length: usize): i32 {
  if (length & 3) return -1;
  let to = from;
  const begin = from;
  const end = from + length;
  while (from < end) {
    const a = valueOf(load<u8>(from));
    const b = valueOf(load<u8>(from + 1));
    const c = valueOf(load<u8>(from + 2));
    const d = valueOf(load<u8>(from + 3));
    from += 4;
    if ((a | b | c | d) < 64) {
      store<u8>(to, (a << 2) | (b >> 4));
      store<u8>(to + 1, (b << 4) | (c >> 2));
      store<u8>(to + 2, (c << 6) | d);
      to += 3;
      continue;
    }
    if (from != end || (a | b) > 63 || load<u8>(from - 1) != 0x3d) return -1;
    store<u8>(to++, (a << 2) | (b >> 4));
    if (c < 64) {
      if (c & 3) return -1;
      store<u8>(to++, (b << 4) | (c >> 2));
    } else if (b & 15 || load<u8>(from - 2) != 0x3d) return -1;
  }
  return <i32>(to - begin);
}
