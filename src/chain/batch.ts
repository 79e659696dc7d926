import type { Durability } from "../contract/chain-event.ts";
import type { Fault } from "../contract/fault.ts";
import { encodeEvent } from "./event-record.ts";
import { encodeHead, type Head } from "./head.ts";
import { appendLeaf, copyFrontier, leafHash } from "./merkle.ts";
import type { PendingRow } from "./state-view.ts";
import type { Tables } from "./tables.ts";
import { type Proposal, type ProposedEvent, Transaction } from "./transaction.ts";

/** Where an event ended up. */
export interface Appended {
  readonly sequence: number;
  /** Lower-case SHA-256 hex. */
  readonly hash: string;
}

/** A change, or an event alone, that waits for its place. */
export interface Waiting {
  readonly durability: Durability;
  /** Asked each time that a transaction is built with it. */
  propose(transaction: Transaction): Proposal | Fault;
  /** Told the value of its change and where its last event is, or why it did not come true. */
  settle(result: Settled | Fault): void;
}

/** A change that came true: its value, and the last event that was on the chain then, which is its own where it recorded one. */
export interface Settled {
  readonly value: unknown;
  readonly sequence: number;
  readonly hash: Uint8Array;
}

/** Events with their places and rows of the state, ready to be written in one transaction after the head they were built on. */
export interface Batch {
  /** What became of each that waited. */
  readonly results: readonly (Settled | Fault)[];
  readonly events: readonly ProposedEvent[];
  /** First sequence of the batch; its slot must be free. */
  readonly first: number;
  readonly records: readonly Buffer[];
  readonly rows: readonly PendingRow[];
  readonly nodes: readonly { readonly key: [number, number]; readonly root: Buffer }[];
  readonly head: Head;
}

/**
 * Runs the changes in order on the state as it is visible now, and gives each event its sequence, its hash and its leaf.
 * Leaves `on` untouched.
 */
export function buildBatch(
  on: Head,
  waiting: readonly Waiting[],
  time: number,
  tables: Tables,
  ownIntents: ReadonlySet<string>,
): Batch {
  const frontier = copyFrontier(on.frontier);
  const first = frontier.size + 1;
  const transaction = new Transaction(tables.state, frontier.size, time, ownIntents);
  const records: Buffer[] = [];
  const events: ProposedEvent[] = [];
  const results: (Settled | Fault)[] = [];
  const nodes: { key: [number, number]; root: Buffer }[] = [];
  const onComplete = (level: number, index: number, root: Buffer) => nodes.push({ key: [level, index], root });
  let last = on.last;
  for (const one of waiting) {
    const proposal = one.propose(transaction);
    if ("code" in proposal) {
      results.push(proposal);
      continue;
    }
    for (const event of proposal.events) {
      const record = encodeEvent(frontier.size + 1, time, last, event.source, event.kind, event.payload);
      last = record.hash;
      appendLeaf(frontier, leafHash(last), onComplete);
      records.push(record.bytes);
      events.push(event);
    }
    results.push({ value: proposal.value, sequence: frontier.size, hash: last });
  }
  return { results, events, first, records, rows: [...transaction.rows()], nodes, head: { last, frontier } };
}

/**
 * Hands the batch to LMDB's writer as one conditional block: all of it is written, or, where another process took
 * the first slot, none. The promise answers which, once the transaction is on disk; it rejects where LMDB could
 * not write. `author` is left beside the head, and tells this batch from every other.
 */
export function writeBatch(tables: Tables, batch: Batch, hostId: string, author: string): Promise<boolean> {
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
      const { intent, callId } = batch.events[i] as ProposedEvent;
      if (intent === undefined || callId === undefined) continue;
      const key = ["open", callId];
      if (intent === "opens") watch(tables.meta.put(key, Buffer.from(JSON.stringify({ sequence, host: hostId }))));
      else watch(tables.meta.remove(key));
    }
    for (const { key, value } of batch.rows) {
      watch(value === undefined ? tables.state.remove(key) : tables.state.put(key, value));
    }
    for (const { key, root } of batch.nodes) watch(tables.nodes.put(key, root));
    watch(tables.meta.put("head", encodeHead(batch.head)));
    watch(tables.meta.put("author", Buffer.from(author)));
  });
}
