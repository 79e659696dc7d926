// asc: --runtime incremental
/** Counts n numbers in a hash map, then looks all of them up. */
export function run(n: i32): i32 {
  const counts = new Map<i32, i32>();
  let seed: u32 = 5;
  for (let i = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223;
    const key = (seed >> 12) % 8192;
    counts.set(key, counts.has(key) ? counts.get(key) + 1 : 1);
  }
  let hash = 0;
  for (let key = 0; key < 16384; key++) if (counts.has(key)) hash = hash * 31 + counts.get(key);
  return hash ^ counts.size;
}
