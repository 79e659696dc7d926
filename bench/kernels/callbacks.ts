/** Calls one of eight small functions through the table, picked by a random number, n times. */
type Step = (x: i32, y: i32) => i32;
const STEPS: StaticArray<Step> = [
  (x, y) => x + y,
  (x, y) => x ^ (y << 3),
  (x, y) => x * 31 - y,
  (x, y) => rotl(x, 7) + y,
  (x, y) => (x & y) + 17,
  (x, y) => (x | y) ^ 0x55,
  (x, y) => (x < y ? y - x : x - y),
  (x, y) => (x >>> 1) + popcnt(y),
];

export function run(n: i32): i32 {
  let value = 1;
  let seed: u32 = 7;
  for (let i = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223;
    value = STEPS[seed >> 29](value, i);
  }
  return value;
}
