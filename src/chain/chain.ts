import type { ChainEvent, Durability, EventDraft } from "../contract/chain-event.ts";
import type { Fault } from "../contract/fault.ts";
import type { Change, Committed, Preview, StateReader } from "../contract/state.ts";
import type { Appended, Settled } from "./batch.ts";
import { openCheckpointer, type WrittenCheckpoint } from "./checkpointer.ts";
import { type CommitQueue, openCommitQueue } from "./commit-queue.ts";
import { type Environment, openEnvironment } from "./environment.ts";
import type { Head } from "./head.ts";
import { openIndexer } from "./indexer.ts";
import { joinChain } from "./join-chain.ts";
import { type OpenIntent, registerHost } from "./open-intents.ts";
import { prepareChain } from "./prepare.ts";
import type { Proof } from "./proofs.ts";
import type { ChainPage, ChainQuery } from "./query.ts";
import { stateView } from "./state-view.ts";
import type { Tables } from "./tables.ts";

export interface ChainOptions {
  /** The private state directory; exists, mode 0700. */
  readonly directory: string;
  /** Milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** Cryptographic randomness, for the key at the first start. */
  readonly random: (bytes: number) => Uint8Array;
  /** Unique for each start of a host. */
  readonly host: { readonly id: string };
  /** Events between two checkpoints; 256 where absent. */
  readonly checkpointEvery?: number;
  /** Events that are put into the index at once; 128 where absent. */
  readonly indexEvery?: number;
  /** A file outside the state directory that repeats every checkpoint. */
  readonly witness?: string;
  /**
   * Answers the change that is made before each checkpoint which this process signs, and which that then covers; it is
   * asked with the state as it is then, to prepare outside of the transaction. Where it fails, the checkpoint is signed
   * without. For an event that sums the state up, such as the root of a tree over it.
   */
  readonly beforeCheckpoint?: (committed: StateReader) => Change<unknown>;
  /** An environment that is open already and that the caller closes; where absent the chain opens its own. */
  readonly environment?: Environment;
}

/** Where the chain stands. `verified_to` is the last event that a signed checkpoint covers. */
export interface ChainStatus {
  readonly chain_id: string;
  readonly sequence: number;
  readonly event_count: number;
  readonly checkpoint_count: number;
  readonly last_hash: string;
  readonly root_hash: string;
  readonly verified_to: number;
  /** Why this process could not write its last checkpoint; absent where nothing went wrong. */
  readonly checkpoint_fault?: string;
}

/** The append-only record of one state directory. Several processes may have it open; they share one sequence. */
export interface Chain {
  readonly id: string;
  /**
   * Records one event and answers its place once it is as durable as asked. Never throws or rejects: answers
   * `chain-unwritable` where it could not be recorded, `internal` for a draft that cannot be (payload over
   * 64 KiB, not canonical, malformed names).
   */
  append(draft: EventDraft, durability: Durability): Promise<Appended | Fault>;
  /**
   * Makes one change of the state together with the events it records, in one transaction: all of it or nothing, also
   * where another process changes the state at the same time. Answers once it is as durable as asked, or with the
   * change's own fault, or as `append` does. Never throws or rejects.
   */
  commit<T>(change: Change<T>, durability: Durability): Promise<Committed<T> | Fault>;
  /**
   * Makes a change without writing it: what it would answer, and the state behind it, as things are now. Undefined while
   * other changes are being written.
   */
  preview<T>(change: Change<T>): Preview<T> | undefined;
  /** Reads the state as it is visible now, whichever process wrote it, at one moment. */
  read<T>(reading: (state: StateReader) => T): T;
  /** Whether the host with this id runs: it registered itself, and its process is there. */
  isAlive(hostId: string): boolean;
  status(): ChainStatus;
  /** Events on the chain as it is now; cheap. */
  sequence(): number;
  query(query: ChainQuery): ChainPage;
  /** Follows from `since` (included) until aborted, also events of other processes. */
  follow(since: number, signal: AbortSignal, pollMs?: number): AsyncGenerator<ChainEvent>;
  /** Proof that an event is in the tree of `treeSize` events. */
  inclusionProof(sequence: number, treeSize: number): Proof | Fault;
  /** Proof that the tree of `second` events extends the tree of `first` events. */
  consistencyProof(first: number, second: number): Proof | Fault;
  /** Signs the chain as it is; undefined where a checkpoint covers it already. Never rejects. */
  checkpoint(): Promise<WrittenCheckpoint | Fault | undefined>;
  /** The last checkpoint as a signed note, for the operator to keep elsewhere. */
  lastCheckpoint(): string | undefined;
  /** Effectful calls that a host which is gone announced and whose outcome is unknown. */
  openIntents(): readonly OpenIntent[];
  /** Keys of the state that cannot be read, as hexadecimal; whatever was under them is out of reach. Slow: for a check. */
  strayKeys(): readonly string[];
  /** Signs the tail, waits until all is on disk, closes. Idempotent; never rejects. */
  close(): Promise<void>;
}

export type OpenedChain = { readonly ok: true; readonly chain: Chain } | { readonly ok: false; readonly fault: Fault };

const CHECKPOINT_EVERY = 256;
/** A query looks at as many events itself at most, about 4 µs each. */
const INDEX_EVERY = 128;
/** An unsigned tail that an earlier host left is signed so long after the start, when nobody waits. */
const SIGN_TAIL_AFTER_MS = 1000;

/**
 * Opens the chain of a state directory, making it at the first start, or answers a `chain-unwritable` fault with
 * the next step. Synchronous. Refuses a chain that is older than its own checkpoints (a roll-back), another
 * chain's database, a newer format and a damaged head; it does not verify every event, `verifyChain` does.
 */
export function openChain(options: ChainOptions): OpenedChain {
  let environment = options.environment;
  if (environment === undefined) {
    const opened = openEnvironment(options.directory);
    if (!opened.ok) return opened;
    environment = opened.environment;
  }
  const owned = options.environment === undefined ? environment : undefined;
  const prepared = prepareChain(options.directory, environment, options.random, options.witness);
  if (!prepared.ok) {
    owned?.close().catch(() => {});
    return prepared;
  }
  const { tables, signer, chainId, head } = prepared;
  const checkpointer = openCheckpointer(
    environment,
    tables,
    chainId,
    signer,
    prepared.signed,
    options.checkpointEvery ?? CHECKPOINT_EVERY,
    options.witness,
    options.beforeCheckpoint && completing(options.beforeCheckpoint, environment, tables, () => queue),
  );
  const indexer = openIndexer(environment, tables, options.indexEvery ?? INDEX_EVERY);
  const queue: CommitQueue = openCommitQueue(
    environment,
    tables,
    head,
    options.host.id,
    options.clock,
    (moved, batch) => {
      checkpointer.observe(moved);
      indexer.observe(moved, batch);
    },
  );
  environment.write(() => registerHost(tables, options.host.id)).catch(() => {}); // a host that cannot be written cannot write intents either
  const timer = setTimeout(() => {
    checkpointer.sign(queue.current());
    indexer.observe(queue.current());
  }, SIGN_TAIL_AFTER_MS);
  timer.unref();
  return {
    ok: true,
    chain: joinChain({
      ...{ id: chainId, environment, owned, tables, queue, checkpointer, indexer, timer },
      ...{ hostId: options.host.id, clock: options.clock },
    }),
  };
}

/** Makes the change, and answers the head behind it, or the one that there was where it did not come true. Never rejects. */
function completing(
  prepare: (committed: StateReader) => Change<unknown>,
  environment: Environment,
  tables: Tables,
  queue: () => CommitQueue,
): (head: Head) => Promise<Head> {
  return async (head) => {
    try {
      environment.refresh();
      const change = prepare(stateView(tables.state));
      const done = await new Promise<Settled | Fault>((settle) => {
        queue().push({ durability: "committed", propose: (transaction) => transaction.run(change), settle });
      });
      return "code" in done ? head : queue().current();
    } catch {
      return head; // what cannot be read shows where it is asked for; a checkpoint must not wait for that
    }
  };
}
