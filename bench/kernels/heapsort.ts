/** Heapsort of n doubles in an array with bounds checks. */
const VALUES = new StaticArray<f64>(1 << 17);

function sift(start: i32, end: i32): void {
  let root = start;
  while (true) {
    let child = 2 * root + 1;
    if (child >= end) return;
    if (child + 1 < end && VALUES[child] < VALUES[child + 1]) child++;
    if (VALUES[root] >= VALUES[child]) return;
    const t = VALUES[root];
    VALUES[root] = VALUES[child];
    VALUES[child] = t;
    root = child;
  }
}

export function run(n: i32): i32 {
  let seed: u32 = 99;
  for (let i = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223;
    VALUES[i] = seed;
  }
  for (let i = n / 2 - 1; i >= 0; i--) sift(i, n);
  for (let end = n - 1; end > 0; end--) {
    const t = VALUES[0];
    VALUES[0] = VALUES[end];
    VALUES[end] = t;
    sift(0, end);
  }
  return <i32>(VALUES[0] / 2) ^ <i32>(VALUES[n / 2] / 2);
}
