/** Compresses 64 KiB by matches of a hash table of the last positions, n times. */
const FROM = memory.data(65536 + 16);
const TO = memory.data(131072);
const HEAD = memory.data(16384);
const SIZE = 65536;

export function run(n: i32): i32 {
  let seed: u32 = 99;
  for (let i = 0; i < SIZE; i++) {
    seed = seed * 1664525 + 1013904223;
    store<u8>(FROM + i, 97 + ((seed >> 16) % 3) + ((i >> 13) & 3));
  }
  let out = 0;
  for (let turn = 0; turn < n; turn++) {
    memory.fill(HEAD, 0xff, 16384);
    out = 0;
    let i = 0;
    while (i < SIZE - 4) {
      const slot = HEAD + (((load<u32>(FROM + i) * 0x9e3779b1) >> 20) << 2);
      const candidate = load<i32>(slot);
      store<i32>(slot, i);
      let length = 0;
      if (candidate >= 0 && i - candidate < 65535) {
        while (length < 255 && i + length < SIZE && load<u8>(FROM + candidate + length) == load<u8>(FROM + i + length)) {
          length++;
        }
      }
      if (length >= 4) {
        store<u8>(TO + out, 255);
        store<u8>(TO + out + 1, length);
        store<u16>(TO + out + 2, i - candidate);
        out += 4;
        i += length;
      } else {
        store<u8>(TO + out++, load<u8>(FROM + i++));
      }
    }
  }
  return out;
}
