import { fault } from "../contract/fault.ts";
import type { Appended, Settled } from "./batch.ts";
import type { Chain } from "./chain.ts";
import type { Checkpointer } from "./checkpointer.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { acceptDraft } from "./draft.ts";
import type { Environment } from "./environment.ts";
import type { Indexer } from "./indexer.ts";
import { EMPTY_ROOT, frontierRoot } from "./merkle.ts";
import { findOpenIntents, isAlive, unregisterHost } from "./open-intents.ts";
import { proveConsistency, proveInclusion } from "./proofs.ts";
import { followEvents, queryEvents } from "./query.ts";
import { stateView, strayKeys } from "./state-view.ts";
import { lastCheckpoint, type Tables } from "./tables.ts";
import { Transaction } from "./transaction.ts";

/** What a chain is joined from. */
export interface ChainParts {
  readonly id: string;
  readonly environment: Environment;
  /** The environment, where it is to be closed with the chain. */
  readonly owned: Environment | undefined;
  readonly tables: Tables;
  readonly queue: CommitQueue;
  readonly checkpointer: Checkpointer;
  readonly indexer: Indexer;
  readonly hostId: string;
  readonly clock: () => number;
  /** Runs out when the tail that an earlier host left is signed. */
  readonly timer: NodeJS.Timeout;
}

const CLOSED = fault("chain", "chain-unwritable", "the chain is closed: start the host again");
const NO_INTENTS: ReadonlySet<string> = new Set();

/** Joins the parts of an open chain to what its users see, see {@link Chain}. */
export function joinChain(parts: ChainParts): Chain {
  const { id, environment, owned, tables, queue, checkpointer, indexer, hostId, clock, timer } = parts;
  const state = stateView(tables.state);
  let closing: Promise<void> | undefined;
  const close = async () => {
    clearTimeout(timer);
    try {
      await indexer.close();
      await queue.drained();
      if (queue.broken() !== undefined) return;
      await checkpointer.sign(queue.current());
      await environment.write(() => unregisterHost(tables, hostId));
      await environment.flushed();
    } finally {
      await owned?.close();
    }
  };
  return {
    id,
    append(draft, durability) {
      if (closing !== undefined) {
        return Promise.resolve(CLOSED);
      }
      const accepted = acceptDraft(draft);
      if ("code" in accepted) return Promise.resolve(accepted);
      return new Promise((settle) => {
        queue.push({
          durability,
          propose: (transaction) => transaction.record(accepted),
          settle: (result) => settle("code" in result ? result : placeOf(result)),
        });
      });
    },
    commit(change, durability) {
      if (closing !== undefined) return Promise.resolve(CLOSED);
      return new Promise((settle) => {
        queue.push({
          durability,
          propose: (transaction) => transaction.run(change),
          settle: (result) =>
            settle("code" in result ? result : { value: result.value as never, sequence: result.sequence }),
        });
      });
    },
    preview(change) {
      if (closing !== undefined || !queue.idle()) return undefined;
      const transaction = new Transaction(tables.state, queue.current().frontier.size, clock(), NO_INTENTS);
      const proposal = transaction.run(change);
      return { value: ("code" in proposal ? proposal : proposal.value) as never, state: transaction.state };
    },
    read(reading) {
      environment.refresh();
      return reading(state);
    },
    isAlive(host) {
      environment.refresh();
      return isAlive(tables, host);
    },
    status() {
      environment.refresh();
      const { frontier, last } = queue.current();
      const unsigned = checkpointer.fault();
      return {
        chain_id: id,
        sequence: frontier.size,
        event_count: frontier.size,
        checkpoint_count: tables.checkpoints.getCount(),
        last_hash: last.toString("hex"),
        root_hash: (frontier.size === 0 ? EMPTY_ROOT : frontierRoot(frontier)).toString("hex"),
        verified_to: lastCheckpoint(tables)?.size ?? 0,
        ...(unsigned !== undefined && { checkpoint_fault: unsigned.message }),
      };
    },
    sequence: () => queue.current().frontier.size,
    query: (query) => queryEvents(environment, tables, query),
    follow: (since, signal, pollMs = 100) => followEvents(environment, tables, since, signal, pollMs),
    inclusionProof(sequence, treeSize) {
      environment.refresh();
      return proveInclusion(tables, queue.current().frontier.size, sequence, treeSize);
    },
    consistencyProof(first, second) {
      environment.refresh();
      return proveConsistency(tables, queue.current().frontier.size, first, second);
    },
    checkpoint: async () => {
      await queue.drained();
      return checkpointer.sign(queue.current());
    },
    lastCheckpoint() {
      environment.refresh();
      return lastCheckpoint(tables)?.note;
    },
    strayKeys: () => strayKeys(tables.state),
    openIntents() {
      environment.refresh();
      return findOpenIntents(tables);
    },
    close() {
      closing ??= close().catch(() => {});
      return closing;
    },
  };
}

function placeOf({ sequence, hash }: Settled): Appended {
  return { sequence, hash: Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("hex") };
}
