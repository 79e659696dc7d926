/** Fills and copies blocks of 16 to 1,039 bytes within a megabyte, n times. */
const HEAP = memory.data(1048576 + 2048);

export function run(n: i32): i32 {
  let hash = 0;
  for (let i = 0; i < n; i++) {
    const size = 16 + (i & 1023);
    const from = (i * 997) & 0xfffff;
    const to = (i * 3571) & 0xfffff;
    memory.fill(HEAP + from, <u8>i, size);
    memory.copy(HEAP + to, HEAP + from, size);
    hash = hash * 31 + load<u8>(HEAP + to + size - 1);
  }
  return hash;
}
