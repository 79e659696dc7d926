import type { Json } from "../contract/json.ts";
import type { RangeOptions, StateKey, StateReader, StateTransaction } from "../contract/state.ts";
import type { AgentRecord, DeadLetter, JobRecord, MessageRecord } from "./records.ts";

/** The tables of the kernel: what is in a row, by the first part of its key. */
export interface Tables {
  /** [pid] */
  readonly agent: AgentRecord;
  /** [agent_id] → pid of the one that has not exited */
  readonly "agent-id": number;
  /** [parent pid, pid] of those that have not exited */
  readonly child: true;
  /** [pid]: what its module answered last */
  readonly "agent-state": Json;
  /** [pid]: last lines of its log, oldest first */
  readonly "agent-log": readonly string[];
  /** [sequence of its `agent.exited`] → pid of an agent that has exited and can still be inspected */
  readonly "agent-exited": number;
  /** [pid]: the process group of a native agent's command, what tells it from a later one of that number, and its host */
  readonly "native-process": { readonly group: number; readonly born: string; readonly host: string };
  /** [pid, msg_id] */
  readonly inbox: MessageRecord;
  /** [pid]: how many messages are in the inbox */
  readonly mail: number;
  /** [pattern, pid] */
  readonly subscription: true;
  /** [pid, pattern] */
  readonly "subscription-of": true;
  /** [host id] → pid of that host's client */
  readonly client: number;
  /** []: a digest of every subscribing and unsubscribing so far, which tells one set of subscriptions from every other */
  readonly subscriptions: string;
  /** [sequence of its `ipc.dead` event] */
  readonly dead: DeadLetter;
  /** [slot] → sequence of the dead letter that is in it: the list is a ring */
  readonly "dead-slot": number;
  /** [id] */
  readonly job: JobRecord;
  /** [namespace, key] */
  readonly kv: {
    readonly value: Json;
    readonly version: number;
    /** Size and SHA-256 of the value's canonical text. */
    readonly bytes: number;
    readonly sha256: string;
  };
  /** [part of the tree, how often it was altered by then]: what was altered; only the last ones are kept */
  readonly "tree-change": readonly string[];
  /** [name]: the last number that was given out, or how often a part of the tree changed */
  readonly counter: number;
}

type Rest = readonly (string | number)[];

/** Reads a row, or undefined where there is none. A row that cannot be read throws: the state is damaged. */
export function readRow<T extends keyof Tables>(state: StateReader, table: T, ...rest: Rest): Tables[T] | undefined {
  const bytes = state.get([table, ...rest]);
  if (bytes === undefined) return undefined;
  if (bytes.length < WORTH_KEEPING) return decode([table, ...rest], bytes);
  const name = `${table} ${rest.join(" ")}`;
  const last = decoded.get(name);
  // Bytes that were read or written never change, so that the same buffer holds the same row.
  if (last !== undefined && (last.bytes === bytes || Buffer.compare(last.bytes, bytes) === 0)) {
    return last.row as Tables[T];
  }
  const row = decode<Tables[T]>([table, ...rest], bytes);
  keep(name, bytes, row as object);
  return row;
}

/**
 * What larger rows held when they were last read or written. An agent's record is read again and again with each message
 * to it, and comparing bytes is faster than parsing them.
 */
const decoded = new Map<string, { readonly bytes: Uint8Array; readonly row: object }>();
/** Bytes of a row that holds an object, and is slower to parse than to find. */
const WORTH_KEEPING = 128;
const MOST_KEPT = 256;
const MOST_BYTES_KEPT = 4096;

function keep(name: string, bytes: Uint8Array, row: object): void {
  if (bytes.length > MOST_BYTES_KEPT) return;
  decoded.delete(name); // the oldest is the first
  decoded.set(name, { bytes, row });
  if (decoded.size > MOST_KEPT) decoded.delete(decoded.keys().next().value as string);
}

/** Rows whose keys begin so, in order. */
export function readRows<T extends keyof Tables>(
  state: StateReader,
  table: T,
  prefix: Rest = [],
  options: RangeOptions = {},
): { readonly key: Rest; readonly row: Tables[T] }[] {
  return state
    .range([table, ...prefix], options)
    .map(({ key, value }) => ({ key: key.slice(1), row: decode(key, value) }));
}

/** Writes a row. */
export function writeRow<T extends keyof Tables>(state: StateTransaction, table: T, rest: Rest, row: Tables[T]): void {
  const bytes = Buffer.from(JSON.stringify(row));
  state.put([table, ...rest], bytes);
  if (bytes.length >= WORTH_KEEPING) keep(`${table} ${rest.join(" ")}`, bytes, row as object);
}

export function removeRow(state: StateTransaction, table: keyof Tables, ...rest: Rest): void {
  state.remove([table, ...rest]);
}

/** The next number of a counter, from 1 on. */
export function count(state: StateTransaction, name: string): number {
  const next = (readRow(state, "counter", name) ?? 0) + 1;
  writeRow(state, "counter", [name], next);
  return next;
}

function decode<T>(key: StateKey, bytes: Uint8Array): T {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")) as T;
  } catch {
    throw new Error(`the row ${JSON.stringify(key)} of the state is damaged`);
  }
}
