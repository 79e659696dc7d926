/** Quicksort of n integers, recursive on the smaller part. */
const VALUES = memory.data(1 << 20);

function sort(left: i32, right: i32): void {
  while (left < right) {
    const pivot = load<i32>(VALUES + (((left + right) >> 1) << 2));
    let i = left;
    let j = right;
    while (i <= j) {
      while (load<i32>(VALUES + (i << 2)) < pivot) i++;
      while (load<i32>(VALUES + (j << 2)) > pivot) j--;
      if (i <= j) {
        const t = load<i32>(VALUES + (i << 2));
        store<i32>(VALUES + (i << 2), load<i32>(VALUES + (j << 2)));
        store<i32>(VALUES + (j << 2), t);
        i++;
        j--;
      }
    }
    if (j - left < right - i) {
      sort(left, j);
      left = i;
    } else {
      sort(i, right);
      right = j;
    }
  }
}

export function run(n: i32): i32 {
  let seed: u32 = 777;
  for (let i = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223;
    store<u32>(VALUES + (i << 2), seed);
  }
  sort(0, n - 1);
  return load<i32>(VALUES + 400) ^ load<i32>(VALUES + ((n - 1) << 2));
}
