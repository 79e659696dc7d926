/** Squares a big integer of n limbs of 32 bits by the schoolbook method. */
const A = memory.data(8192);
const SQUARE = memory.data(16384);

export function run(n: i32): i32 {
  let seed: u32 = 12345;
  for (let i = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223;
    store<u32>(A + (i << 2), seed);
  }
  memory.fill(SQUARE, 0, n << 3);
  for (let i = 0; i < n; i++) {
    let carry: u64 = 0;
    const limb: u64 = load<u32>(A + (i << 2));
    for (let j = 0; j < n; j++) {
      const at = SQUARE + ((i + j) << 2);
      const sum = limb * <u64>load<u32>(A + (j << 2)) + <u64>load<u32>(at) + carry;
      store<u32>(at, <u32>sum);
      carry = sum >> 32;
    }
    store<u32>(SQUARE + ((i + n) << 2), <u32>carry);
  }
  let hash: u32 = 0;
  for (let i = 0; i < 2 * n; i++) hash = rotl(hash, 5) ^ load<u32>(SQUARE + (i << 2));
  return hash;
}
