import type { Fault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";
import {
  ChangeRefused,
  type RangeOptions,
  type StateKey,
  type StateReader,
  type StateTransaction,
} from "../contract/state.ts";
import { refused } from "./fault.ts";
import type { AgentRecord, DeadLetter, JobRecord, MessageRecord } from "./records.ts";
import { isShaped } from "./row-shapes.ts";
import type { RevokedKey, ToolRecord, TrustedKey, VersionRecord } from "./tools/records.ts";

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
  /** [name]: a deployed tool, also one that was removed */
  readonly tool: ToolRecord;
  /** [name, major, minor, patch]: kept for ever, so that history and revocations are */
  readonly "tool-version": VersionRecord;
  /** [name, major, minor, patch]: the text of the signed envelope; gone with a removed version */
  readonly "tool-envelope": string;
  /** [name, major, minor, patch]: the certificates of whoever signed it, where it was signed by them */
  readonly "tool-certificates": string;
  /** [keyid] */
  readonly "trusted-key": TrustedKey;
  /** [keyid] */
  readonly "revoked-key": RevokedKey;
  /** [part of the tree, how often it was altered by then]: what was altered; only the last ones are kept */
  readonly "tree-change": readonly string[];
  /** [name]: the last number that was given out, or how often a part of the tree changed */
  readonly counter: number;
}

/** A key without its table. */
export type Rest = readonly (string | number)[];

/** Stands for a row that is there and cannot be read. */
export const DAMAGED = Symbol("damaged");
export type Damaged = typeof DAMAGED;

/**
 * A row that is damaged where it cannot be done without: whoever asked is told which, and what to do. `agent-damaged` for the
 * record of an agent, `state-damaged` for all else.
 */
export class DamagedRow extends ChangeRefused {}

/** What is said of a damaged row. */
export function damageFault([table, ...rest]: StateKey): Fault {
  if (table === "agent") {
    return refused(
      "agent-damaged",
      `the record of pid ${rest[0]} is damaged: tollgate doctor shows it, and tollgate agent stop ${rest[0]} --force ends it`,
      { pid: Number(rest[0]) },
    );
  }
  return refused(
    "state-damaged",
    `the row ${JSON.stringify([table, ...rest])} of the state is damaged: run tollgate doctor`,
  );
}

/** Reads a row, or undefined where there is none. Throws {@link DamagedRow} for one that cannot be read. */
export function readRow<T extends keyof Tables>(state: StateReader, table: T, ...rest: Rest): Tables[T] | undefined {
  const row = lookAtRow(state, table, ...rest);
  if (row === DAMAGED) throw new DamagedRow(damageFault([table, ...rest]));
  return row;
}

/** The same for who goes on without a row that is damaged. */
export function lookAtRow<T extends keyof Tables>(
  state: StateReader,
  table: T,
  ...rest: Rest
): Tables[T] | undefined | Damaged {
  const bytes = state.get([table, ...rest]);
  if (bytes === undefined) return undefined;
  if (bytes.length < WORTH_KEEPING) return decode(table, rest, bytes);
  const name = `${table} ${rest.join(" ")}`;
  const last = decoded.get(name);
  // Bytes that were read or written never change, so that the same buffer holds the same row.
  if (last !== undefined && (last.bytes === bytes || Buffer.compare(last.bytes, bytes) === 0)) {
    return last.row as Tables[T];
  }
  const row = decode(table, rest, bytes);
  if (row === DAMAGED) return DAMAGED;
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

/** Whether there is such a row, whatever is in it. */
export function hasRow(state: StateReader, table: keyof Tables, ...rest: Rest): boolean {
  return state.get([table, ...rest]) !== undefined;
}

/** A row as it was found. */
export interface FoundRow<Row> {
  readonly key: Rest;
  readonly row: Row;
}

/** Rows whose keys begin so, in order. Throws {@link DamagedRow} where one cannot be read. */
export function readRows<T extends keyof Tables>(
  state: StateReader,
  table: T,
  prefix: Rest = [],
  options: RangeOptions = {},
): FoundRow<Tables[T]>[] {
  return lookAtRows(state, table, prefix, options).map(({ key, row }) => {
    if (row === DAMAGED) throw new DamagedRow(damageFault([table, ...key]));
    return { key, row };
  });
}

/** The same, with those that are damaged. */
export function lookAtRows<T extends keyof Tables>(
  state: StateReader,
  table: T,
  prefix: Rest = [],
  options: RangeOptions = {},
): FoundRow<Tables[T] | Damaged>[] {
  return state.range([table, ...prefix], options).map(({ key, value }) => {
    const rest = key.slice(1);
    return { key: rest, row: decode(table, rest, value) };
  });
}

/** The same without those that are damaged, for who deals with one row at a time: the others are not kept waiting. */
export function soundRows<T extends keyof Tables>(
  state: StateReader,
  table: T,
  prefix: Rest = [],
  options: RangeOptions = {},
): FoundRow<Tables[T]>[] {
  return lookAtRows(state, table, prefix, options).filter(
    (found): found is FoundRow<Tables[T]> => found.row !== DAMAGED,
  );
}

/** The keys of rows that begin so, in order, whatever is in the rows. */
export function keysOf(state: StateReader, table: keyof Tables, prefix: Rest = [], options: RangeOptions = {}): Rest[] {
  return state.range([table, ...prefix], options).map(({ key }) => key.slice(1));
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

/**
 * The next number of a counter, from 1 on. One that is damaged goes on behind every number that it can have given out: each
 * was given to something that an event speaks of, so there are no more of them than events.
 */
export function count(state: StateTransaction, name: string): number {
  const last = lookAtRow(state, "counter", name) ?? 0;
  const next =
    last === DAMAGED
      ? state.event({ source: "kernel", kind: "state.mended", payload: { row: `counter ${name}` } })
      : last + 1;
  writeRow(state, "counter", [name], next);
  return next;
}

function decode<T extends keyof Tables>(table: T, key: Rest, bytes: Uint8Array): Tables[T] | Damaged {
  try {
    const row: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
    return isShaped(table, row, key) ? (row as Tables[T]) : DAMAGED;
  } catch {
    return DAMAGED;
  }
}
