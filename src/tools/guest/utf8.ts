// UTF-8 as RFC 3629 §4 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.

/** Where the first byte stands that is not part of a whole, valid character; `end` when there is none. */
export function validPrefix(from: usize, end: usize): usize {
  while (from < end) {
    while (from + 16 <= end && !i8x16.bitmask(v128.load(from))) from += 16;
    if (from >= end) break;
    const size = characterAt(from, end);
    if (!size) return from;
    from += size;
  }
  return end;
}

/** Length of the valid character at `from`, 0 when there is none or `end` cuts it. */
// @ts-ignore: decorator
@inline
export function characterAt(from: usize, end: usize): usize {
  const lead = <u32>load<u8>(from);
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return from + 2 <= end && follows(from + 1) ? 2 : 0;
  if (lead < 0xf0) {
    if (from + 3 > end || !follows(from + 1) || !follows(from + 2)) return 0;
    const second = <u32>load<u8>(from + 1);
    return (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ? 0 : 3;
  }
  if (lead > 0xf4 || from + 4 > end || !follows(from + 1) || !follows(from + 2) || !follows(from + 3)) return 0;
  const second = <u32>load<u8>(from + 1);
  return (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f) ? 0 : 4;
}

// @ts-ignore: decorator
@inline
function follows(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80;
}

/** Whether the bytes up to `end` are the start of a valid character that `end` cuts. */
export function cutAt(from: usize, end: usize): bool {
  const lead = <u32>load<u8>(from);
  const have = end - from;
  const need: usize = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || have >= need) return false;
  for (let i: usize = 1; i < have; i++) if (!follows(from + i)) return false;
  if (have < 2) return true;
  const second = <u32>load<u8>(from + 1);
  if (lead == 0xe0) return second >= 0xa0;
  if (lead == 0xed) return second <= 0x9f;
  if (lead == 0xf0) return second >= 0x90;
  if (lead == 0xf4) return second <= 0x8f;
  return true;
}
