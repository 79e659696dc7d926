import { isEventName } from "./draft.ts";
import { answered, type Environment } from "./environment.ts";
import { indexedTo, rowsOf } from "./event-index.ts";
import { namesOf } from "./event-record.ts";
import type { Head } from "./head.ts";
import type { Tables } from "./tables.ts";

/** Puts events into the index some time after they were recorded, whichever process or version recorded them. */
export interface Indexer {
  /** Goes on in the background where enough events up to this head are not in the index. */
  observe(head: Head): void;
  /** Answers when nothing goes on any more. Never rejects. */
  close(): Promise<void>;
}

/** Most events in one step. */
const STEP_EVENTS = 4096;
/** Between two steps, for the calls that wait. */
const PAUSE_MS = 20;

/**
 * Opens the indexer, which lets `every` events come together: an append then costs no more than without an index, and a
 * query looks at so many events itself. Where it fails it goes no further, and queries look at more.
 */
export function openIndexer(environment: Environment, tables: Tables, every: number): Indexer {
  let known = 0;
  let size = 0;
  let going: Promise<void> | undefined;
  let closed = false;

  const go = async (): Promise<void> => {
    try {
      while (!closed) {
        environment.refresh();
        known = indexedTo(tables);
        if (size - known < every) return;
        // Where another process does it, this one goes on at its next event.
        if (!(await answered(step(tables, known, Math.min(size, known + STEP_EVENTS))))) return;
        if (size - known - STEP_EVENTS >= every) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
      }
    } catch (error) {
      closed = true;
      (error as { commitError?: Promise<unknown> } | null)?.commitError?.catch(() => {}); // LMDB's cause, a promise as well
    }
  };

  return {
    observe(head) {
      size = head.frontier.size;
      if (going !== undefined || closed || size - known < every) return;
      going = new Promise<void>((resolve) => setImmediate(resolve)).then(go).finally(() => {
        going = undefined;
      });
    },
    async close() {
      closed = true;
      await going;
    },
  };
}

/** Indexes the events after `from` up to `to`, unless another process indexes those after `from`. */
function step(tables: Tables, from: number, to: number): Promise<boolean> {
  const rows = rowsOf(readNames(tables, from + 1, to));
  return tables.meta.ifNoExists(["indexed", from], () => {
    tables.meta.put(["indexed", from], Buffer.from(String(to))).catch(() => {}); // rejects with the block's own promise
    for (const { key, value } of rows) tables.index.put(key, value).catch(() => {});
  });
}

function* readNames(tables: Tables, first: number, last: number) {
  for (const { key, value } of tables.events.getRange({ start: first, end: last, inclusiveEnd: true })) {
    const names = namesOf(value);
    if (names === undefined || !isEventName(names.source) || !isEventName(names.kind)) continue; // damaged
    yield { sequence: key as number, ...names };
  }
}
