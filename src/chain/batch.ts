import type { Durability } from "../contract/chain-event.ts";
import type { Fault } from "../contract/fault.ts";
import { encodeEvent } from "./event-record.ts";
import { encodeHead, type Head } from "./head.ts";
import { appendLeaf, copyFrontier, leafHash } from "./merkle.ts";
import type { Tables } from "./tables.ts";

/** Where an event ended up. */
export interface Appended {
  readonly sequence: number;
  /** Lower-case SHA-256 hex. */
  readonly hash: string;
}

/** An event that waits for its place. */
export interface Waiting {
  readonly source: string;
  readonly kind: string;
  /** Canonical JSON. */
  readonly payload: string;
  readonly durability: Durability;
  /** Entry of the index of open intents that goes into the same transaction. */
  readonly index?: { readonly callId: string; readonly open: boolean };
  settle(result: Appended | Fault): void;
}

/** Events with their places, ready to be written in one transaction after the head they were built on. */
export interface Batch {
  readonly waiting: readonly Waiting[];
  readonly appended: readonly Appended[];
  /** First sequence of the batch; its slot must be free. */
  readonly first: number;
  readonly records: readonly Buffer[];
  readonly nodes: readonly { readonly key: [number, number]; readonly root: Buffer }[];
  readonly head: Head;
}

/** Gives each event its sequence, its hash and its leaf, in order. Leaves `on` untouched. */
export function buildBatch(on: Head, waiting: readonly Waiting[], time: number): Batch {
  const frontier = copyFrontier(on.frontier);
  const first = frontier.size + 1;
  const records: Buffer[] = [];
  const appended: Appended[] = [];
  const nodes: { key: [number, number]; root: Buffer }[] = [];
  const onComplete = (level: number, index: number, root: Buffer) => nodes.push({ key: [level, index], root });
  let last = on.last;
  for (const { source, kind, payload } of waiting) {
    const sequence = frontier.size + 1;
    const record = encodeEvent(sequence, time, last, source, kind, payload);
    last = record.hash;
    appendLeaf(frontier, leafHash(last), onComplete);
    records.push(record.bytes);
    appended.push({ sequence, hash: last.toString("hex") });
  }
  return { waiting, appended, first, records, nodes, head: { last, frontier } };
}

/**
 * Hands the batch to LMDB's writer as one conditional block: all of it is written, or, where another process took
 * the first slot, none. The promise answers which, once the transaction is on disk; it rejects where LMDB could
 * not write. `open` is the value of an entry in the index of open intents.
 */
export function writeBatch(tables: Tables, batch: Batch, hostId: string): Promise<boolean> {
  let inner: Promise<boolean> | undefined;
  const watch = (promise: Promise<boolean>) => {
    // Every put of the block answers the same promise, which rejects with the block's own.
    if (promise !== inner) promise.catch(() => {});
    inner = promise;
  };
  return tables.events.ifNoExists(batch.first, () => {
    for (let i = 0; i < batch.records.length; i++) {
      const sequence = batch.first + i;
      watch(tables.events.put(sequence, batch.records[i] as Buffer));
      const index = batch.waiting[i]?.index;
      if (index === undefined) continue;
      const key = ["open", index.callId];
      if (index.open) watch(tables.meta.put(key, Buffer.from(JSON.stringify({ sequence, host: hostId }))));
      else watch(tables.meta.remove(key));
    }
    for (const { key, root } of batch.nodes) watch(tables.nodes.put(key, root));
    watch(tables.meta.put("head", encodeHead(batch.head)));
  });
}
