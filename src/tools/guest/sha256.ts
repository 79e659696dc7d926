// SHA-256 (FIPS 180-4) of bytes in memory.

import { take } from "./heap.ts";

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (§4.2.2). */
const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);
const SCHEDULE: usize = memory.data(64 * 4, 4);
const HASH: usize = memory.data(8 * 4, 4);
const TAIL: usize = memory.data(128, 4);

/** Writes the hash of the bytes as 64 hexadecimal digits to a place of its own, and answers that place. */
export function sha256Hex(from: usize, length: usize): usize {
  store<u32>(HASH, 0x6a09e667);
  store<u32>(HASH, 0xbb67ae85, 4);
  store<u32>(HASH, 0x3c6ef372, 8);
  store<u32>(HASH, 0xa54ff53a, 12);
  store<u32>(HASH, 0x510e527f, 16);
  store<u32>(HASH, 0x9b05688c, 20);
  store<u32>(HASH, 0x1f83d9ab, 24);
  store<u32>(HASH, 0x5be0cd19, 28);
  let rest = length;
  while (rest >= 64) {
    block(from);
    from += 64;
    rest -= 64;
  }
  // The padding of §5.1.1: a bit, zeros, and the length in bits.
  const size: usize = rest < 56 ? 64 : 128;
  memory.fill(TAIL, 0, 128);
  memory.copy(TAIL, from, rest);
  store<u8>(TAIL + rest, 0x80);
  store<u64>(TAIL + size - 8, bswap<u64>(<u64>length << 3));
  block(TAIL);
  if (size == 128) block(TAIL + 64);
  const hex = take(64);
  for (let i: usize = 0; i < 64; i++) {
    const word = load<u32>(HASH + ((i >> 3) << 2));
    const digit = (word >> (28 - ((<u32>i & 7) << 2))) & 15;
    store<u8>(hex + i, digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
  return hex;
}

function block(from: usize): void {
  for (let i: usize = 0; i < 16; i++) store<u32>(SCHEDULE + (i << 2), bswap<u32>(load<u32>(from + (i << 2))));
  for (let i: usize = 16; i < 64; i++) {
    const at = SCHEDULE + (i << 2);
    const w15 = load<u32>(at - 60);
    const w2 = load<u32>(at - 8);
    const s0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >> 3);
    const s1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >> 10);
    store<u32>(at, load<u32>(at - 64) + s0 + load<u32>(at - 28) + s1);
  }
  let a = load<u32>(HASH);
  let b = load<u32>(HASH, 4);
  let c = load<u32>(HASH, 8);
  let d = load<u32>(HASH, 12);
  let e = load<u32>(HASH, 16);
  let f = load<u32>(HASH, 20);
  let g = load<u32>(HASH, 24);
  let h = load<u32>(HASH, 28);
  for (let i: usize = 0; i < 256; i += 4) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + load<u32>(K + i) + load<u32>(SCHEDULE + i);
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  add(0, a);
  add(4, b);
  add(8, c);
  add(12, d);
  add(16, e);
  add(20, f);
  add(24, g);
  add(28, h);
}

function add(offset: usize, value: u32): void {
  store<u32>(HASH + offset, load<u32>(HASH + offset) + value);
}
