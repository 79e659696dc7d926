import { DIGEST_BYTES, sha256 } from "./sha256.ts";

/** Hash of the leaf that stands for one event: SHA-256(0x00 ‖ event hash) (RFC 9162 §2.1.1). */
export function leafHash(data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + data.length);
  bytes[0] = 0x00;
  bytes.set(data, 1);
  return sha256(bytes);
}

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeBytes.set(left, 1);
  nodeBytes.set(right, 1 + DIGEST_BYTES);
  return sha256(nodeBytes);
}
const nodeBytes = Buffer.alloc(1 + 2 * DIGEST_BYTES);
nodeBytes[0] = 0x01;

/** Root of the tree without leaves: SHA-256 of nothing (RFC 9162 §2.1.1). */
export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0));

/**
 * Every how many levels the roots of complete subtrees are stored. What lies between is recomputed from at most
 * 2⁸ stored hashes, which a proof can afford and an append does not notice.
 */
export const STORED_LEVELS = 8;

/**
 * The right edge of a growing tree: the roots of its complete subtrees, largest first, one for each one-bit of `size`.
 * It is all that an append and the root need.
 */
export interface Frontier {
  size: number;
  readonly roots: Buffer[];
}

export function copyFrontier(frontier: Frontier): Frontier {
  return { size: frontier.size, roots: [...frontier.roots] };
}

/**
 * Adds one leaf in amortised constant time. `onComplete` hears of each subtree that became complete at a level
 * which is stored: its level (a multiple of {@link STORED_LEVELS}), its index in that level and its root.
 */
export function appendLeaf(
  frontier: Frontier,
  leaf: Buffer,
  onComplete: (level: number, index: number, root: Buffer) => void,
): void {
  let root = leaf;
  let index = frontier.size;
  for (let level = 1; index % 2 === 1; level++) {
    root = nodeHash(frontier.roots.pop() as Buffer, root);
    index = (index - 1) / 2;
    if (level % STORED_LEVELS === 0) onComplete(level, index, root);
  }
  frontier.roots.push(root);
  frontier.size++;
}

/** The root of the tree that ends at this edge. */
export function frontierRoot(frontier: Frontier): Buffer {
  const { roots } = frontier;
  let root = roots[roots.length - 1];
  if (root === undefined) return EMPTY_ROOT;
  for (let i = roots.length - 2; i >= 0; i--) root = nodeHash(roots[i] as Buffer, root);
  return root;
}

/** Answers the root of the complete subtree over the leaves `[index·2^level, (index+1)·2^level)`. */
export type ReadSubtree = (level: number, index: number) => Buffer;

/** Root over the leaves `[from, to)`, `from < to`, where `from` is aligned as the recursion of RFC 9162 §2.1.1 aligns it. */
export function rangeRoot(read: ReadSubtree, from: number, to: number): Buffer {
  const width = to - from;
  const level = Math.log2(width);
  if (Number.isInteger(level) && 2 ** level === width) return read(level, from / width);
  const split = largestPowerBelow(width);
  return nodeHash(rangeRoot(read, from, from + split), rangeRoot(read, from + split, to));
}

/** Inclusion proof for the leaf `index` in the tree of `size` leaves, from the leaf up (RFC 9162 §2.1.3.1). */
export function inclusionPath(read: ReadSubtree, index: number, size: number): Buffer[] {
  const path: Buffer[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const split = from + largestPowerBelow(to - from);
    if (index < split) {
      path.push(rangeRoot(read, split, to));
      to = split;
    } else {
      path.push(rangeRoot(read, from, split));
      from = split;
    }
  }
  return path.reverse();
}

/** Consistency proof between the trees of `first` and `size` leaves, `0 < first ≤ size` (RFC 9162 §2.1.4.1). */
export function consistencyPath(read: ReadSubtree, first: number, size: number): Buffer[] {
  const path: Buffer[] = [];
  let from = 0;
  let to = size;
  let whole = true;
  while (first !== to) {
    const split = from + largestPowerBelow(to - from);
    if (first <= split) {
      path.push(rangeRoot(read, split, to));
      to = split;
    } else {
      path.push(rangeRoot(read, from, split));
      from = split;
      whole = false;
    }
  }
  if (!whole) path.push(rangeRoot(read, from, to));
  return path.reverse();
}

/** Whether `path` proves that the leaf `leaf` is at `index` in the tree of `size` leaves with `root` (RFC 9162 §2.1.3.2). */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let hash: Buffer = Buffer.from(leaf);
  for (const step of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(step, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      hash = nodeHash(hash, step);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && hash.equals(root);
}

/** Whether `path` proves that the tree of `second` leaves extends the one of `first` leaves (RFC 9162 §2.1.4.2). */
export function verifyConsistency(
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(second) || first <= 0 || first > second) return false;
  if (first === second) return path.length === 0 && Buffer.from(firstRoot).equals(secondRoot);
  const steps =
    Number.isInteger(Math.log2(first)) && 2 ** Math.log2(first) === first ? [firstRoot, ...path] : [...path];
  const start = steps.shift();
  if (start === undefined) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (fn % 2 === 1) {
    fn = (fn - 1) / 2;
    sn = Math.floor(sn / 2);
  }
  let one: Buffer = Buffer.from(start);
  let two: Buffer = one;
  for (const step of steps) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      one = nodeHash(step, one);
      two = nodeHash(step, two);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      two = nodeHash(two, step);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && one.equals(firstRoot) && two.equals(secondRoot);
}

/** The largest power of two that is smaller than `n`, `n > 1`. */
function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}
