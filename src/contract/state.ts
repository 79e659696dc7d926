import type { EventDraft } from "./chain-event.ts";
import type { Fault } from "./fault.ts";

/**
 * A place in the state: a table's name, then what tells its rows apart. Numbers are safe integers from 0 on. Keys are
 * ordered part by part: numbers before strings, numbers by value, strings by their UTF-8 bytes.
 */
export type StateKey = readonly [table: string, ...rest: (string | number)[]];

/** A row and what is in it. */
export interface StateEntry {
  readonly key: StateKey;
  readonly value: Uint8Array;
}

export interface RangeOptions {
  /** Most rows; all where absent. */
  readonly limit?: number;
  /** From the last row to the first. */
  readonly reverse?: boolean;
  /** Begins behind this key (before it, in reverse) instead of at the end of the range. */
  readonly after?: StateKey;
}

/** The state as it is at one moment. */
export interface StateReader {
  /** What is under the key, not to be changed; undefined where nothing is. */
  get(key: StateKey): Uint8Array | undefined;
  /** Rows whose keys begin with `prefix`, in order. A change may write while it iterates; it sees what was there before. */
  range(prefix: StateKey, options?: RangeOptions): readonly StateEntry[];
}

/** The state in the hands of one change: it sees what earlier changes of the same transaction did. */
export interface StateTransaction extends StateReader {
  /** The time of the events of this transaction, in milliseconds since the Unix epoch. */
  readonly time: number;
  /** The value belongs to the state from here on, and must not be changed any more. */
  put(key: StateKey, value: Uint8Array): void;
  remove(key: StateKey): void;
  /** Records an event and answers its sequence: unique on this chain, and growing. */
  event(draft: EventDraft): number;
}

/**
 * Reads the state, writes it and records events. It may run several times, each time on the state as it is then, and
 * the last counts; so it does nothing else, keeps nothing from run to run, and is synchronous. A fault leaves no trace.
 * A change that writes must record an event: that is what other processes find out by that the state has moved.
 */
export type Change<T> = (state: StateTransaction) => T | Fault;

/** What a change would come to. `state` is good until the turn of the event loop ends. */
export interface Preview<T> {
  readonly value: T | Fault;
  readonly state: StateReader;
}

/** A change that came true. `sequence` is its last event's. */
export interface Committed<T> {
  readonly value: T;
  readonly sequence: number;
}

/**
 * Thrown by who reads the state to have its change, or its reading, answered with this fault: for what it did not expect and
 * cannot go on from, such as a row that is damaged. A change that throws leaves no trace.
 */
export class ChangeRefused extends Error {
  readonly reason: Fault;

  constructor(reason: Fault) {
    super(reason.message);
    this.reason = reason;
  }
}
