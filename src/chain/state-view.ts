import type { Database } from "lmdb";
import type { RangeOptions, StateEntry, StateKey, StateReader } from "../contract/state.ts";
import { borrowKey, decodeKey, encodeKey, endOf } from "./state-key.ts";

/** A row that is to be written, or removed where it has no value. */
export interface PendingRow {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** Rows that are to be written, by table and by their keys' bytes as Latin-1. */
export type PendingRows = ReadonlyMap<string, ReadonlyMap<string, PendingRow>>;

/** Reads the state as the database has it now. */
export function stateView(table: Database<Buffer, Buffer>): StateReader {
  return {
    get: (key) => table.get(borrowKey(key)),
    range: (prefix, options = {}) => readRange(table, undefined, prefix, options),
  };
}

/**
 * Reads the state as it was at one moment, under rows that are to be written. What was read once is kept, so it must live no
 * longer than that moment's read transaction.
 */
export function viewUnder(table: Database<Buffer, Buffer>, pending: PendingRows): StateReader {
  const known = new Map<string, Buffer | undefined>();
  return {
    get(key) {
      const bytes = borrowKey(key);
      const name = bytes.toString("latin1");
      const row = pending.get(key[0])?.get(name);
      if (row !== undefined) return row.value;
      let value = known.get(name);
      if (value === undefined && !known.has(name)) {
        value = table.get(bytes);
        known.set(name, value);
      }
      return value;
    },
    range(prefix, options = {}) {
      return readRange(table, pending.get(prefix[0]), prefix, options);
    },
  };
}

/** Keys that stand for none, as hexadecimal: rows that a broken disk has left nowhere. Reads the whole table. */
export function strayKeys(table: Database<Buffer, Buffer>): string[] {
  return [...table.getKeys({})].filter((key) => keyOf(key) === undefined).map((key) => key.toString("hex"));
}

function keyOf(bytes: Buffer): StateKey | undefined {
  try {
    return decodeKey(bytes);
  } catch {
    return undefined;
  }
}

function readRange(
  table: Database<Buffer, Buffer>,
  rows: ReadonlyMap<string, PendingRow> | undefined,
  prefix: StateKey,
  { limit = Number.POSITIVE_INFINITY, reverse = false, after }: RangeOptions,
): StateEntry[] {
  const first = encodeKey(prefix);
  const last = endOf(first);
  const bound = after === undefined ? undefined : encodeKey(after);
  const from = reverse ? (bound ?? last) : (bound ?? first);
  const to = reverse ? first : last;
  // A bound at the very end of the range is the only one that can be a row's key, and then the row does not count.
  const isIn = (key: Buffer): boolean =>
    key.compare(first) >= 0 &&
    key.compare(last) < 0 &&
    (bound === undefined || (reverse ? key.compare(bound) < 0 : key.compare(bound) > 0));
  const added = [...(rows?.values() ?? [])].filter((row) => row.value !== undefined && isIn(row.key));
  added.sort((a, b) => (reverse ? b.key.compare(a.key) : a.key.compare(b.key)));
  const entries: StateEntry[] = [];
  let next = 0;
  const addUpTo = (key: Buffer | undefined) => {
    for (; next < added.length && entries.length < limit; next++) {
      const row = added[next] as PendingRow;
      const order = key === undefined ? -1 : row.key.compare(key);
      if (reverse ? order < 0 && key !== undefined : order > 0) return;
      entries.push({ key: decodeKey(row.key), value: row.value as Buffer });
    }
  };
  const stored = table.getRange({ start: from, end: to, reverse, inclusiveEnd: reverse });
  for (const { key, value } of stored) {
    if (entries.length >= limit) break;
    if (!isIn(key)) continue;
    addUpTo(key);
    if (entries.length >= limit) break;
    if (rows?.has(key.toString("latin1")) === true) continue; // written anew above, or removed
    const decoded = keyOf(key);
    if (decoded !== undefined) entries.push({ key: decoded, value }); // what is nowhere keeps nothing else from being read
  }
  addUpTo(undefined);
  return entries;
}
