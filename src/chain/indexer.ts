import { isEventName } from "./draft.ts";
import { answered, type Environment } from "./environment.ts";
import { indexedTo, rowsOf } from "./event-index.ts";
import { namesOf } from "./event-record.ts";
import type { Head } from "./head.ts";
import type { Tables } from "./tables.ts";

/** Puts events into the index some time after they were recorded, whichever process or version recorded them. */
export interface Indexer {
  /**
   * Goes on in the background where enough events up to this head are not in the index. Of events that this process has
   * just recorded, `batch`, nothing is read again.
   */
  observe(head: Head, batch?: Recorded): void;
  /** Answers when nothing goes on any more. Never rejects. */
  close(): Promise<void>;
}

/** Events with successive sequences. */
interface Recorded {
  readonly first: number;
  readonly events: readonly Names[];
}

interface Names {
  readonly source: string;
  readonly kind: string;
}

/** Most events that are remembered until they are in the index; what is beyond is read. */
const REMEMBERED = 16_384;

/** Most events in one step. */
const STEP_EVENTS = 4096;
/** Before the first step, so that under load many events share its transaction. */
const GATHER_MS = 50;
/** Between two steps, for the calls that wait. */
const PAUSE_MS = 20;

/**
 * Opens the indexer, which lets `every` events come together: an append then costs no more than without an index, and a
 * query looks at so many events itself. Where it fails it goes no further, and queries look at more.
 */
export function openIndexer(environment: Environment, tables: Tables, every: number): Indexer {
  const recorded = new Map<number, Names>();
  let known = 0;
  let size = 0;
  let going: Promise<void> | undefined;
  let closed = false;
  let endPause = () => {};

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const go = async (): Promise<void> => {
    try {
      while (!closed) {
        environment.refresh();
        known = indexedTo(tables);
        for (const sequence of recorded.keys()) {
          if (sequence > known) break; // they came in order
          recorded.delete(sequence);
        }
        if (size - known < every) return;
        // Where another process does it, this one goes on at its next event.
        const upTo = Math.min(size, known + STEP_EVENTS);
        if (!(await environment.write(() => answered(step(tables, recorded, known, upTo))))) return;
        if (size - known - STEP_EVENTS >= every) await pause(PAUSE_MS);
      }
    } catch (error) {
      closed = true;
      (error as { commitError?: Promise<unknown> } | null)?.commitError?.catch(() => {}); // LMDB's cause, a promise as well
    }
  };

  return {
    observe(head, batch) {
      size = head.frontier.size;
      if (batch !== undefined && !closed && recorded.size < REMEMBERED) {
        for (let i = 0; i < batch.events.length; i++) {
          const { source, kind } = batch.events[i] as Names; // without what else the event holds
          recorded.set(batch.first + i, { source, kind });
        }
      }
      if (going !== undefined || closed || size - known < every) return;
      going = pause(GATHER_MS)
        .then(go)
        .finally(() => {
          going = undefined;
        });
    },
    async close() {
      closed = true;
      endPause();
      await going;
    },
  };
}

/** Indexes the events after `from` up to `to`, unless another process indexes those after `from`. */
function step(tables: Tables, recorded: ReadonlyMap<number, Names>, from: number, to: number): Promise<boolean> {
  const { index } = tables; // opened, and made at the first time, outside of the block
  const rows = rowsOf(readNames(tables, recorded, from + 1, to));
  return tables.meta.ifNoExists(["indexed", from], () => {
    tables.meta.put(["indexed", from], Buffer.from(String(to))).catch(() => {}); // rejects with the block's own promise
    for (const { key, value } of rows) index.put(key, value).catch(() => {});
  });
}

function* readNames(tables: Tables, recorded: ReadonlyMap<number, Names>, first: number, last: number) {
  for (let sequence = first; sequence <= last; sequence++) {
    const own = recorded.get(sequence);
    if (own !== undefined) {
      yield { sequence, source: own.source, kind: own.kind };
      continue;
    }
    const record = tables.events.get(sequence);
    const names = record && namesOf(record);
    if (names === undefined || !isEventName(names.source) || !isEventName(names.kind)) continue; // damaged
    yield { sequence, ...names };
  }
}
