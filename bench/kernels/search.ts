/** Searches a text of 128 KiB for a word by Horspool's method, n times. */
const WORD = "needle in hay";
const TEXT = memory.data(131072);
const NEEDLE = memory.data(16);
const SKIP = new StaticArray<i32>(256);

export function run(n: i32): i32 {
  const length = WORD.length;
  for (let i = 0; i < length; i++) store<u8>(NEEDLE + i, WORD.charCodeAt(i));
  for (let i = 0; i < 131072; i++) store<u8>(TEXT + i, WORD.charCodeAt((i * i + (i >> 3)) % length));
  for (let i = 0; i < length; i++) store<u8>(TEXT + 130000 + i, WORD.charCodeAt(i));
  let hash = 0;
  for (let turn = 0; turn < n; turn++) {
    for (let i = 0; i < 256; i++) SKIP[i] = length;
    for (let i = 0; i < length - 1; i++) SKIP[load<u8>(NEEDLE + i)] = length - 1 - i;
    let at = 0;
    while (at <= 131072 - length) {
      let k = length - 1;
      while (k >= 0 && load<u8>(TEXT + at + k) == load<u8>(NEEDLE + k)) k--;
      if (k < 0) hash = hash * 31 + at;
      at += SKIP[load<u8>(TEXT + at + length - 1)];
    }
  }
  return hash;
}
