/** The edit distance of two texts of n letters: dynamic programming, one row kept. */
const A = memory.data(4096);
const B = memory.data(4096);
const ROW = new StaticArray<i32>(4097);

export function run(n: i32): i32 {
  for (let i = 0; i < n; i++) {
    store<u8>(A + i, 97 + ((i * i) % 17));
    store<u8>(B + i, 97 + ((i * 3 + (i >> 4)) % 17));
  }
  for (let j = 0; j <= n; j++) ROW[j] = j;
  for (let i = 1; i <= n; i++) {
    let diagonal = ROW[0];
    ROW[0] = i;
    for (let j = 1; j <= n; j++) {
      const above = ROW[j];
      const cost = load<u8>(A + i - 1) == load<u8>(B + j - 1) ? 0 : 1;
      ROW[j] = min(min(above + 1, ROW[j - 1] + 1), diagonal + cost);
      diagonal = above;
    }
  }
  return ROW[n];
}
