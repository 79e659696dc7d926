import type { ChainEvent } from "../contract/chain-event.ts";
import type { Environment } from "./environment.ts";
import { decodeEvent } from "./event-record.ts";
import type { Tables } from "./tables.ts";

/** Which events to answer; all conditions must hold. */
export interface ChainQuery {
  /** Most events to answer, 1 … 1000; 100 where absent. */
  readonly count?: number;
  readonly source?: string;
  readonly kind?: string;
  /** First and last sequence, both included. */
  readonly sinceSequence?: number;
  readonly untilSequence?: number;
  /** `ascending` where absent. */
  readonly order?: "ascending" | "descending";
}

/** One page. `next` is where to go on (as `sinceSequence`, or `untilSequence` when descending), if there is more. */
export interface ChainPage {
  readonly events: readonly ChainEvent[];
  readonly next?: number;
}

const PAGE_EVENTS = 1000;
const DEFAULT_EVENTS = 100;
/** A page ends after so many records or bytes were looked at, whether they matched or not. */
const SCAN_EVENTS = 50_000;
const PAGE_BYTES = 8 * 1024 * 1024;

/** Answers one page of events, in bounded time and memory. A damaged record is left out; `verifyChain` names it. */
export function queryEvents(environment: Environment, tables: Tables, query: ChainQuery): ChainPage {
  environment.refresh();
  const count = Math.min(Math.max(Math.trunc(query.count ?? DEFAULT_EVENTS), 1), PAGE_EVENTS);
  const first = Math.max(query.sinceSequence ?? 1, 1);
  const last = Math.min(query.untilSequence ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const descending = query.order === "descending";
  const events: ChainEvent[] = [];
  let scanned = 0;
  let bytes = 0;
  const range = descending
    ? { start: last, end: first, inclusiveEnd: true, reverse: true }
    : { start: first, end: last, inclusiveEnd: true };
  if (last < first) return { events };
  for (const { key, value } of tables.events.getRange(range)) {
    if (events.length >= count || scanned >= SCAN_EVENTS || bytes >= PAGE_BYTES) return { events, next: key as number };
    scanned++;
    const event = decodeEvent(value);
    if (event === undefined) continue;
    if (query.source !== undefined && event.source !== query.source) continue;
    if (query.kind !== undefined && event.kind !== query.kind) continue;
    events.push(event);
    bytes += value.length;
  }
  return { events };
}

/** Follows the chain from `since` (included) until `signal` is aborted, also through other processes' events. */
export async function* followEvents(
  environment: Environment,
  tables: Tables,
  since: number,
  signal: AbortSignal,
  pollMs: number,
): AsyncGenerator<ChainEvent> {
  let next = since;
  while (!signal.aborted) {
    const { events } = queryEvents(environment, tables, { sinceSequence: next, count: PAGE_EVENTS });
    for (const event of events) {
      yield event;
      if (signal.aborted) return;
      next = event.sequence + 1;
    }
    if (events.length === 0) await pause(pollMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
