/** XXH64's inner loop over 64 KiB, n times: 64-bit multiplications in four independent lanes. */
const DATA = memory.data(65536);
const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;

// @ts-ignore
@inline
function lane(acc: u64, at: usize): u64 {
  return rotl(acc + load<u64>(at) * P2, 31) * P1;
}

export function run(n: i32): i32 {
  for (let i = 0; i < 65536; i++) store<u8>(DATA + i, i * 31);
  let a: u64 = P1 + P2;
  let b: u64 = P2;
  let c: u64 = 0;
  let d: u64 = 0 - P1;
  for (let turn = 0; turn < n; turn++) {
    for (let at = DATA; at < DATA + 65536; at += 32) {
      a = lane(a, at);
      b = lane(b, at + 8);
      c = lane(c, at + 16);
      d = lane(d, at + 24);
    }
  }
  const all = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
  return <i32>(all ^ (all >> 32));
}
