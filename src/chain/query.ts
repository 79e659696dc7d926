import type { ChainEvent } from "../contract/chain-event.ts";
import { isEventName } from "./draft.ts";
import type { Environment } from "./environment.ts";
import { type IndexQuery, indexedSequences, indexedTo } from "./event-index.ts";
import { decodeEvent, namesOf } from "./event-record.ts";
import { pause } from "./pause.ts";
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

/**
 * Answers one page of events, in bounded time and memory. A damaged record is left out; `verifyChain` names it. By source
 * or kind it reads the index, and what is not in the index yet record by record.
 */
export function queryEvents(environment: Environment, tables: Tables, query: ChainQuery): ChainPage {
  environment.refresh();
  const count = Math.min(Math.max(Math.trunc(query.count ?? DEFAULT_EVENTS), 1), PAGE_EVENTS);
  const first = Math.min(Math.max(Math.ceil(query.sinceSequence ?? 1), 1), Number.MAX_SAFE_INTEGER);
  const last = Math.min(Math.floor(query.untilSequence ?? Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  const { source, kind } = query;
  const events: ChainEvent[] = [];
  if (last < first || !isEventName(source ?? "a") || !isEventName(kind ?? "a")) return { events };
  let seen = 0;
  let bytes = 0;
  for (const { key, value } of candidates(tables, {
    source,
    kind,
    first,
    last,
    descending: query.order === "descending",
  })) {
    if (events.length >= count || seen >= SCAN_EVENTS || bytes >= PAGE_BYTES) return { events, next: key };
    seen++;
    if (value === undefined || !isOf(value, source, kind)) continue;
    const event = decodeEvent(value);
    if (event === undefined) continue;
    events.push(event);
    bytes += value.length;
  }
  return { events };
}

interface Candidate {
  readonly key: number;
  readonly value: Buffer | undefined;
}

/** Whether a record is of the source and kind that are asked for, seen without reading its payload. */
function isOf(record: Buffer, source: string | undefined, kind: string | undefined): boolean {
  if (source === undefined && kind === undefined) return true;
  const names = namesOf(record);
  return (
    names !== undefined &&
    (source === undefined || names.source === source) &&
    (kind === undefined || names.kind === kind)
  );
}

/** Records that may be of the events that are wanted, in order; none of these is missing. */
function* candidates(tables: Tables, query: IndexQuery): Generator<Candidate, undefined> {
  const { source, kind, first, last, descending } = query;
  const indexed = source === undefined && kind === undefined ? 0 : Math.min(indexedTo(tables), last);
  const tail = () => scanned(tables, Math.max(first, indexed + 1), last, descending);
  if (descending) yield* tail();
  if (first <= indexed) {
    for (const key of indexedSequences(tables, { ...query, last: indexed }))
      yield { key, value: tables.events.get(key) };
  }
  if (!descending) yield* tail();
}

function* scanned(tables: Tables, first: number, last: number, descending: boolean): Generator<Candidate, undefined> {
  if (last < first) return;
  const range = descending
    ? { start: last, end: first, inclusiveEnd: true, reverse: true }
    : { start: first, end: last, inclusiveEnd: true };
  for (const { key, value } of tables.events.getRange(range)) yield { key: key as number, value };
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
