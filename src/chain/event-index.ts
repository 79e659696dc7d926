import { decodeKey, encodeKey, endOf } from "./state-key.ts";
import type { Tables } from "./tables.ts";

/** One row of the index: the events of one step of the indexer that are of one source and one kind. */
export interface IndexRow {
  /** [source, kind, sequence of the first of them] */
  readonly key: Buffer;
  /** How far each of the others is behind the first, in order: u32, big-endian. */
  readonly value: Buffer;
}

/** The last sequence up to which every event is in the index; 0 where there is none. */
export function indexedTo(tables: Tables): number {
  const last = { start: ["indexed", MOST], end: ["indexed", 0], inclusiveEnd: true, reverse: true, limit: 1 };
  for (const { value } of tables.meta.getRange(last)) return Number(value.toString("latin1"));
  return 0;
}

const MOST = Number.MAX_SAFE_INTEGER;

/** The rows of some events, by their sequences: one a source and kind, however many events. */
export function rowsOf(names: Iterable<{ sequence: number; source: string; kind: string }>): IndexRow[] {
  const groups = new Map<string, number[]>();
  for (const { sequence, source, kind } of names) {
    const name = `${source} ${kind}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [sequence]);
    else group.push(sequence);
  }
  return [...groups].map(([name, sequences]) => {
    const [source, kind] = name.split(" ") as [string, string];
    const start = sequences[0] as number;
    const value = Buffer.allocUnsafe(4 * (sequences.length - 1));
    for (let i = 1; i < sequences.length; i++) value.writeUInt32BE((sequences[i] as number) - start, 4 * (i - 1));
    return { key: encodeKey([source, kind, start]), value };
  });
}

/** Which events to look up: at least one of source and kind, and both bounds included. */
export interface IndexQuery {
  readonly source: string | undefined;
  readonly kind: string | undefined;
  readonly first: number;
  readonly last: number;
  readonly descending: boolean;
}

/**
 * Sequences of the events of a source, of a kind, or of both, in order, read as they are asked for. What a row says of an
 * event is not authenticated: who answers with the event must look at the event itself.
 */
export function* indexedSequences(tables: Tables, query: IndexQuery): Generator<number, undefined> {
  const { descending } = query;
  const streams: { next: number; readonly rest: Generator<number, undefined> }[] = [];
  try {
    for (const [source, kind] of namesOf(tables, query)) {
      const rest = sequencesOf(tables, source, kind, query);
      const { value } = rest.next();
      if (value !== undefined) streams.push({ next: value, rest });
    }
    while (streams.length > 0) {
      let best = 0;
      for (let i = 1; i < streams.length; i++) {
        const [one, other] = [(streams[i] as { next: number }).next, (streams[best] as { next: number }).next];
        if (descending ? one > other : one < other) best = i;
      }
      const stream = streams[best] as (typeof streams)[number];
      yield stream.next;
      const { value } = stream.rest.next();
      if (value === undefined) streams.splice(best, 1);
      else stream.next = value;
    }
  } finally {
    for (const { rest } of streams) rest.return(undefined);
  }
}

/** The pairs of source and kind that are wanted and occur; found by leaping from each to the next. */
function namesOf(tables: Tables, { source, kind }: IndexQuery): [string, string][] {
  if (source !== undefined && kind !== undefined) return [[source, kind]];
  const found: [string, string][] = [];
  const end = source === undefined ? undefined : endOf(encodeKey([source]));
  let start = source === undefined ? undefined : encodeKey([source]);
  for (;;) {
    const [key] = tables.index.getKeys({ limit: 1, ...(start && { start }), ...(end && { end }) });
    if (key === undefined) return found;
    const pair = decodeKey(key).slice(0, 2) as [string, string];
    if (kind === undefined || pair[1] === kind) found.push(pair);
    start = endOf(encodeKey(pair));
  }
}

function* sequencesOf(
  tables: Tables,
  source: string,
  kind: string,
  { first, last, descending }: IndexQuery,
): Generator<number, undefined> {
  const prefix = encodeKey([source, kind]);
  const least = encodeKey([source, kind, first]);
  // The row before `first` may hold later events of its step.
  const [floor] = tables.index.getKeys({ start: least, end: prefix, reverse: true, limit: 1, inclusiveEnd: true });
  const lowest = floor ?? least;
  const highest = encodeKey([source, kind, last]);
  const range = descending
    ? { start: highest, end: lowest, reverse: true, inclusiveEnd: true }
    : { start: lowest, end: highest, inclusiveEnd: true };
  for (const { key, value } of tables.index.getRange(range)) {
    const start = key.readUInt32BE(key.length - 8) * 2 ** 32 + key.readUInt32BE(key.length - 4);
    const count = 1 + value.length / 4;
    for (let i = 0; i < count; i++) {
      const at = descending ? count - 1 - i : i;
      const sequence = at === 0 ? start : start + value.readUInt32BE(4 * (at - 1));
      if (sequence >= first && sequence <= last) yield sequence;
    }
  }
}
