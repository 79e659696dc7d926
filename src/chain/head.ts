import { readUint64, writeUint64 } from "./event-record.ts";
import type { Frontier } from "./merkle.ts";
import { DIGEST_BYTES } from "./sha256.ts";

/** Where the chain ends: all that the next append needs. */
export interface Head {
  /** Hash of the last event, or the genesis hash. */
  readonly last: Buffer;
  readonly frontier: Frontier;
}

/** `u64 events ‖ last hash ‖ frontier roots`, largest first. */
export function encodeHead(head: Head): Buffer {
  const { roots, size } = head.frontier;
  const bytes = Buffer.allocUnsafe(8 + DIGEST_BYTES * (1 + roots.length));
  writeUint64(bytes, size, 0);
  bytes.set(head.last, 8);
  for (let i = 0; i < roots.length; i++) bytes.set(roots[i] as Buffer, 8 + DIGEST_BYTES * (1 + i));
  return bytes;
}

/** The head that the bytes hold, copied out of them, or undefined where they are not one. */
export function decodeHead(bytes: Buffer): Head | undefined {
  if (bytes.length < 8 + DIGEST_BYTES || (bytes.length - 8) % DIGEST_BYTES !== 0) return undefined;
  const size = readUint64(bytes, 0);
  if (!Number.isSafeInteger(size) || oneBits(size) !== (bytes.length - 8) / DIGEST_BYTES - 1) return undefined;
  const copy = Buffer.from(bytes);
  const roots: Buffer[] = [];
  for (let at = 8 + DIGEST_BYTES; at < copy.length; at += DIGEST_BYTES)
    roots.push(copy.subarray(at, at + DIGEST_BYTES));
  return { last: copy.subarray(8, 8 + DIGEST_BYTES), frontier: { size, roots } };
}

function oneBits(n: number): number {
  let count = 0;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
