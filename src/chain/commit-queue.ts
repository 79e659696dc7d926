import type { Fault } from "../contract/fault.ts";
import { fault } from "../contract/fault.ts";
import { type Batch, buildBatch, type Settled, type Waiting, writeBatch } from "./batch.ts";
import { answered, type Environment, storageFault } from "./environment.ts";
import { readUint64, statedHash } from "./event-record.ts";
import type { Head } from "./head.ts";
import { watchRoom } from "./room.ts";
import { readHead, type Tables } from "./tables.ts";

/** How long to wait while another process opens the environment, which takes a few milliseconds. */
const OPENING_MS = 1;
/** Most events in one transaction. */
const BATCH_EVENTS = 512;

/** Puts events on the chain, with the changes of the state that they speak of, in the order in which they came, many in one transaction. */
export interface CommitQueue {
  push(waiting: Waiting): void;
  /** Whether nothing is being written or waits to be. */
  idle(): boolean;
  /** Why nothing more is written: LMDB failed once. Undefined while all is well. */
  broken(): Fault | undefined;
  /** The head as it is stored now, also where another process moved it. Never throws. */
  current(): Head;
  /** Answers when all that was pushed so far has been committed or refused. */
  drained(): Promise<void>;
}

/**
 * Opens the queue on `start`, the head at this moment.
 *
 * One batch at a time: what is pushed while one is being written makes the next. A batch is a conditional write on
 * the head that this process knows; where another process was quicker the batch is built again on the new head,
 * so no lock is held while hashes are computed. The changes of a batch run on the state as it is visible then; whoever
 * changes it records an event, so the condition on the head covers what they have read.
 *
 * LMDB's writer makes a commit visible before it flushes it and reports it only after; so for events that need not
 * be flushed the queue looks for its own head whenever the event loop wakes. What is visible is in the file
 * (written, not yet synced) and survives the death of this process.
 *
 * After LMDB failed to write once, everything is refused: lmdb-js's error path overruns a buffer (its text of a
 * failed write is longer than the room for it), so a second try could take the process down. Before that, a disk
 * that is nearly full is noticed and refused here, and tried again.
 */
export function openCommitQueue(
  environment: Environment,
  tables: Tables,
  start: Head,
  hostId: string,
  clock: () => number,
  onCommit: (head: Head, batch: Batch) => void,
): CommitQueue {
  const room = watchRoom(environment.directory);
  const ownIntents = new Set<string>(); // announced by this process, and not ended
  let head = start;
  let queue: Waiting[] = [];
  let scheduled = false;
  let busy = false;
  let batches = 0;
  let drainWaiters: (() => void)[] = [];
  let broken: Fault | undefined;

  const next = () => {
    scheduled = false;
    if (busy) return;
    if (queue.length === 0) {
      const waiters = drainWaiters;
      drainWaiters = [];
      for (const resolve of waiters) resolve();
      return;
    }
    busy = true;
    const waiting = queue.length <= BATCH_EVENTS ? queue : queue.slice(0, BATCH_EVENTS);
    queue = queue.length <= BATCH_EVENTS ? [] : queue.slice(BATCH_EVENTS);
    attempt(waiting);
  };

  /** Nothing of a batch hangs on this: a turn that cannot be given back keeps others from opening as long as we live. */
  const endWrite = () => {
    try {
      environment.writeEnded();
    } catch {}
  };

  const attempt = (waiting: readonly Waiting[]) => {
    const reason = broken ?? room.refuses(clock());
    if (reason !== undefined) return refuse(waiting, reason);
    try {
      if (!environment.beginWrite()) return void setTimeout(attempt, OPENING_MS, waiting);
    } catch (error) {
      return refuse(waiting, storageFault("the event was not recorded", error));
    }
    let batch: Batch;
    let author: string;
    let written: Promise<boolean>;
    let flushed: Promise<void> | undefined;
    try {
      environment.refresh(); // what the changes read is at least as new as the head; if newer, the write is refused
      batch = buildBatch(head, waiting, clock(), tables, ownIntents);
      if (batch.records.length === 0) {
        endWrite();
        return settleAll(waiting, batch);
      }
      author = `${hostId} ${++batches}`;
      written = writeBatch(tables, batch, hostId, author);
      // Asked for now, it is about this batch; later it would be about whatever was written last.
      if (waiting.some((one) => one.durability === "flushed")) flushed = environment.flushed();
      flushed?.catch(() => {});
    } catch (error) {
      endWrite();
      refuse(waiting, storageFault("the event was not recorded", error));
      return;
    }
    let open = true;
    const committed = () => {
      if (!open) return;
      open = false;
      head = batch.head;
      for (const { intent, callId } of batch.events) {
        if (callId === undefined) continue;
        if (intent === "opens") ownIntents.add(callId);
        else ownIntents.delete(callId);
      }
      for (let i = 0; i < waiting.length; i++) {
        const one = waiting[i] as Waiting;
        if (one.durability === "committed") one.settle(batch.results[i] as Settled | Fault);
      }
      busy = false;
      next();
      onCommit(batch.head, batch);
    };
    const again = () => {
      if (!open) return;
      open = false;
      const current = reload();
      if (current !== undefined) refuse(waiting, current);
      else attempt(waiting);
    };
    const answer = answered(written);
    answer.finally(endWrite).catch(() => {});
    answer.then(
      async (done) => {
        if (!done) return again();
        committed();
        if (flushed === undefined) return;
        try {
          await flushed;
        } catch (error) {
          return settleFlushed(waiting, () => storageFault("the event was not flushed", error));
        }
        settleFlushed(waiting, (i) => batch.results[i] as Settled | Fault);
      },
      async (error: unknown) => {
        const reason = storageFault("the event was not recorded", await rootCause(error));
        broken = reason;
        // The flush can fail after the commit became visible; then only who waits for the flush is refused.
        if (!open) return settleFlushed(waiting, () => reason);
        open = false;
        refuse(waiting, reason);
      },
    );
    if (waiting.some((one) => one.durability === "committed") || queue.length > 0)
      look(batch, author, () => open, committed, again);
  };

  const look = (batch: Batch, author: string, open: () => boolean, committed: () => void, again: () => void) => {
    const once = () => {
      if (!open()) return;
      const seen = whatIsVisible(environment, tables, batch, author);
      if (seen === "ours") committed();
      else if (seen === "another's") again();
      else if (seen === "nothing") setImmediate(once).unref();
    };
    // Unreferenced, an immediate does not keep the event loop from sleeping, and runs when the loop next wakes: LMDB's
    // writer wakes it for the commit. Spinning instead would take the processor from the writer.
    setImmediate(once).unref();
  };

  const reload = (): Fault | undefined => {
    try {
      environment.refresh();
      const stored = readHead(tables);
      if (stored === "damaged" || (stored === undefined && head.frontier.size > 0)) {
        return fault("chain", "chain-unwritable", "the chain's head is damaged: run `tollgate chain verify`");
      }
      if (stored !== undefined) head = stored;
      return undefined;
    } catch (error) {
      return storageFault("the chain cannot be read", error);
    }
  };

  /** Nothing is to be written: no change came true, or none recorded anything. */
  const settleAll = (waiting: readonly Waiting[], batch: Batch) => {
    for (let i = 0; i < waiting.length; i++) waiting[i]?.settle(batch.results[i] as Settled | Fault);
    busy = false;
    next();
  };

  const refuse = (waiting: readonly Waiting[], reason: Fault) => {
    for (const one of waiting) one.settle(reason);
    busy = false;
    next();
  };

  return {
    push(waiting) {
      queue.push(waiting);
      if (scheduled || busy) return;
      scheduled = true;
      queueMicrotask(next); // all that one turn appends goes into one transaction
    },
    idle: () => !busy && queue.length === 0,
    broken: () => broken,
    current() {
      try {
        environment.refresh();
        const stored = readHead(tables);
        return stored === undefined || stored === "damaged" ? head : stored;
      } catch {
        return head; // unreadable or closed: what this process knows is the best there is
      }
    },
    drained: () =>
      busy || queue.length > 0 ? new Promise((resolve) => drainWaiters.push(resolve)) : Promise.resolve(),
  };
}

function settleFlushed(waiting: readonly Waiting[], answer: (index: number) => Settled | Fault): void {
  waiting.forEach((one, i) => {
    if (one.durability === "flushed") one.settle(answer(i));
  });
}

/**
 * Whether the slots that the batch wants are still free, hold the batch, or hold events of another process. Two processes
 * may have proposed the very same events, so the head says by whom it was written. `unclear` is a slot that holds what the
 * batch has, under the head of a later one; then only LMDB knows.
 */
function whatIsVisible(
  environment: Environment,
  tables: Tables,
  batch: Batch,
  author: string,
): "nothing" | "ours" | "another's" | "unclear" {
  environment.refresh();
  const bytes = tables.meta.getBinaryFast("head");
  if (bytes === undefined || readUint64(bytes, 0) < batch.first) return "nothing";
  if (tables.meta.get("author")?.toString("latin1") === author) return "ours";
  const record = tables.events.get(batch.first);
  return record !== undefined && statedHash(record).equals(statedHash(batch.records[0] as Buffer))
    ? "unclear"
    : "another's";
}

/**
 * LMDB rejects with a fixed text and puts the cause into a promise of its own, which must be caught as well, and
 * which it forgets to settle when the failure was noticed late.
 */
function rootCause(error: unknown): Promise<unknown> {
  const cause = (error as { commitError?: Promise<unknown> } | null)?.commitError;
  if (cause === undefined) return Promise.resolve(error);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(error), CAUSE_PATIENCE_MS);
    cause.catch((reason: unknown) => {
      clearTimeout(timer);
      resolve(reason);
    });
  });
}

const CAUSE_PATIENCE_MS = 100;
