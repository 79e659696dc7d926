import { type Fault, fault } from "../contract/fault.ts";
import { storageFault } from "./environment.ts";
import { consistencyPath, inclusionPath, type ReadSubtree } from "./merkle.ts";
import { subtreeReader, type Tables } from "./tables.ts";

/** A Merkle proof: hashes in lower-case hex, in the order of RFC 9162 §2.1.3 and §2.1.4. */
export interface Proof {
  readonly path: readonly string[];
}

/** Proof that event `sequence` is leaf `sequence − 1` of the tree of `treeSize` events. */
export function proveInclusion(tables: Tables, size: number, sequence: number, treeSize: number): Proof | Fault {
  if (!within(1, sequence, treeSize) || !within(1, treeSize, size)) return outside(size);
  return prove(tables, (read) => inclusionPath(read, sequence - 1, treeSize));
}

/** Proof that the tree of `second` events begins with the tree of `first` events. */
export function proveConsistency(tables: Tables, size: number, first: number, second: number): Proof | Fault {
  if (!within(1, first, second) || !within(1, second, size)) return outside(size);
  return prove(tables, (read) => consistencyPath(read, first, second));
}

function prove(tables: Tables, path: (read: ReadSubtree) => Buffer[]): Proof | Fault {
  try {
    return { path: path(subtreeReader(tables)).map((hash) => hash.toString("hex")) };
  } catch (error) {
    return storageFault("the proof cannot be made", error);
  }
}

function within(low: number, value: number, high: number): boolean {
  return Number.isSafeInteger(value) && value >= low && value <= high;
}

function outside(size: number): Fault {
  return fault("request", "invalid-arguments", `there is no such tree: the chain has ${size} events, ask within them`, {
    size,
  });
}
