/** Base64 of 48 KiB and back, n times. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const RAW = memory.data(49152);
const TEXT = memory.data(65536);
const ENCODE = memory.data(64);
const DECODE = memory.data(256);

export function run(n: i32): i32 {
  for (let i = 0; i < 64; i++) {
    const code = ALPHABET.charCodeAt(i);
    store<u8>(ENCODE + i, code);
    store<u8>(DECODE + code, i);
  }
  for (let i = 0; i < 49152; i++) store<u8>(RAW + i, i * 13);
  let hash = 0;
  for (let turn = 0; turn < n; turn++) {
    let to = TEXT;
    for (let at = RAW; at < RAW + 49152; at += 3) {
      const v: u32 = (<u32>load<u8>(at) << 16) | (<u32>load<u8>(at + 1) << 8) | load<u8>(at + 2);
      store<u8>(to, load<u8>(ENCODE + (v >> 18)));
      store<u8>(to + 1, load<u8>(ENCODE + ((v >> 12) & 63)));
      store<u8>(to + 2, load<u8>(ENCODE + ((v >> 6) & 63)));
      store<u8>(to + 3, load<u8>(ENCODE + (v & 63)));
      to += 4;
    }
    to = RAW;
    for (let at = TEXT; at < TEXT + 65536; at += 4) {
      const v: u32 =
        (<u32>load<u8>(DECODE + load<u8>(at)) << 18) |
        (<u32>load<u8>(DECODE + load<u8>(at + 1)) << 12) |
        (<u32>load<u8>(DECODE + load<u8>(at + 2)) << 6) |
        load<u8>(DECODE + load<u8>(at + 3));
      store<u8>(to, v >> 16);
      store<u8>(to + 1, v >> 8);
      store<u8>(to + 2, v);
      to += 3;
    }
    hash = hash * 31 + load<u8>(RAW + ((turn * 101) & 0x7fff));
  }
  return hash;
}
