// UTF-8 as RFC 3629 §4 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.

/** Where the first byte stands that is not part of a whole, valid character; `end` when there is none. */
export function validPrefix(from: usize, end: usize): usize {
  while (from < end) {
    while (from + 32 <= end && !i8x16.bitmask(v128.or(v128.load(from), v128.load(from, 16)))) from += 32;
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
