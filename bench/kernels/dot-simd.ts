/** Dot products of 16-bit integers, eight at a time, n turns over 32 KiB. */
const X = memory.data(32768, 16);
const Y = memory.data(32768, 16);

export function run(n: i32): i32 {
  for (let i = 0; i < 16384; i++) {
    store<i16>(X + (i << 1), i % 251);
    store<i16>(Y + (i << 1), (i * 7) % 253);
  }
  let sum = i32x4.splat(0);
  for (let turn = 0; turn < n; turn++) {
    for (let at = 0; at < 32768; at += 16) {
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(X + at), v128.load(Y + at)));
    }
  }
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  );
}
