/** Validates 64 KiB of UTF-8 of all lengths, n times. */
const TEXT = memory.data(65536 + 4);

function valid(from: usize, end: usize): i32 {
  let points = 0;
  let at = from;
  while (at < end) {
    const c: u32 = load<u8>(at);
    if (c < 0x80) {
      at += 1;
    } else if (c < 0xc2) {
      return -1;
    } else if (c < 0xe0) {
      if ((load<u8>(at + 1) & 0xc0) != 0x80) return -1;
      at += 2;
    } else if (c < 0xf0) {
      const d: u32 = load<u8>(at + 1);
      if ((d & 0xc0) != 0x80 || (load<u8>(at + 2) & 0xc0) != 0x80) return -1;
      if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f)) return -1;
      at += 3;
    } else if (c < 0xf5) {
      const d: u32 = load<u8>(at + 1);
      if ((d & 0xc0) != 0x80 || (load<u8>(at + 2) & 0xc0) != 0x80 || (load<u8>(at + 3) & 0xc0) != 0x80) return -1;
      if ((c == 0xf0 && d < 0x90) || (c == 0xf4 && d > 0x8f)) return -1;
      at += 4;
    } else {
      return -1;
    }
    points++;
  }
  return points;
}

export function run(n: i32): i32 {
  let end = TEXT;
  for (let i = 0; end < TEXT + 65532; i++) {
    const kind = (i * 7) % 11;
    if (kind < 6) store<u8>(end++, 97 + (i % 26));
    else if (kind < 8) {
      store<u16>(end, 0xa9c3);
      end += 2;
    } else if (kind < 10) {
      store<u16>(end, 0x82e2);
      store<u8>(end + 2, 0xac);
      end += 3;
    } else {
      store<u32>(end, 0x80989ff0);
      end += 4;
    }
  }
  let points = 0;
  for (let turn = 0; turn < n; turn++) points += valid(TEXT, end);
  return points;
}
