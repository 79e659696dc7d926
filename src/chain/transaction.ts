import type { Database } from "lmdb";
import type { EventDraft } from "../contract/chain-event.ts";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import {
  type Change,
  ChangeRefused,
  type StateKey,
  type StateReader,
  type StateTransaction,
} from "../contract/state.ts";
import { type AcceptedEvent, acceptDraft, INTENT_KIND } from "./draft.ts";
import { encodeKey } from "./state-key.ts";
import { type PendingRow, viewUnder } from "./state-view.ts";

/** An event that is to be recorded, and what that means for the index of open intents. */
export interface ProposedEvent extends AcceptedEvent {
  readonly intent?: "opens" | "closes";
}

/** What a change wants recorded, in its order. */
export interface Proposal {
  readonly value: unknown;
  readonly events: readonly ProposedEvent[];
}

/**
 * Takes changes one after the other, each on what the ones before it left, until all are written at once. A change that
 * ends in a fault, or throws, leaves no trace.
 */
export class Transaction {
  readonly #ownIntents: ReadonlySet<string>;
  readonly #opened = new Set<string>();
  readonly #rows = new Map<string, Map<string, PendingRow>>();
  /** What every change is given: made once, because changes are many and small. */
  readonly #state: StateTransaction;
  /** What the change that runs has recorded and written so far. */
  #events: ProposedEvent[] = [];
  readonly #undo: Undo[] = [];
  #size: number;

  /**
   * `size` is the number of events on the chain that this transaction is built on, `ownIntents` the calls that this
   * process announced there and has not ended.
   */
  constructor(table: Database<Buffer, Buffer>, size: number, time: number, ownIntents: ReadonlySet<string>) {
    const { get, range } = viewUnder(table, this.#rows);
    this.#state = {
      time,
      get,
      range,
      put: (key, value) => this.#write(key, asBuffer(value)),
      remove: (key) => this.#write(key, undefined),
      event: (draft) => this.#event(draft),
    };
    this.#size = size;
    this.#ownIntents = ownIntents;
  }

  /** The state behind the changes that have run. */
  get state(): StateReader {
    return this.#state;
  }

  /** The rows that the changes wrote, and those that they removed. */
  *rows(): Iterable<PendingRow> {
    for (const table of this.#rows.values()) yield* table.values();
  }

  /** Records one event that was accepted before. */
  record(event: AcceptedEvent): Proposal {
    this.#size++;
    return { value: undefined, events: [this.#withIntent(event)] };
  }

  /** An outcome closes an intent of this process, and nobody else's. */
  #withIntent(event: AcceptedEvent): ProposedEvent {
    const { kind, callId } = event;
    if (callId === undefined) return event;
    if (kind === INTENT_KIND) {
      this.#opened.add(callId);
      return { ...event, intent: "opens" };
    }
    return this.#ownIntents.has(callId) || this.#opened.has(callId) ? { ...event, intent: "closes" } : event;
  }

  /** Runs one change. Never throws: a change that does is a bug, and answered as `internal`. */
  run(change: Change<unknown>): Proposal | Fault {
    this.#events = [];
    this.#undo.length = 0;
    let reason: Fault;
    try {
      const value = change(this.#state);
      if (!isFault(value)) {
        if (this.#events.length === 0 && this.#undo.length > 0) throw new Error("it writes and records no event");
        this.#size += this.#events.length;
        return { value, events: this.#events };
      }
      reason = value;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      reason =
        error instanceof ChangeRefused
          ? error.reason
          : fault("chain", "internal", `a change of the state failed: ${detail}`);
    }
    for (const { rows, name, before } of this.#undo.reverse()) {
      if (before === undefined) rows.delete(name);
      else rows.set(name, before);
    }
    return reason;
  }

  #write(key: StateKey, value: Buffer | undefined): void {
    const bytes = encodeKey(key);
    let rows = this.#rows.get(key[0]);
    if (rows === undefined) {
      rows = new Map();
      this.#rows.set(key[0], rows);
    }
    const name = bytes.toString("latin1");
    this.#undo.push({ rows, name, before: rows.get(name) });
    rows.set(name, { key: bytes, value });
  }

  #event(draft: EventDraft): number {
    const accepted = acceptDraft(draft);
    if ("code" in accepted) throw new ChangeRefused(accepted);
    this.#events.push(this.#withIntent(accepted));
    return this.#size + this.#events.length;
  }
}

/** What a row was before a change wrote it. */
interface Undo {
  readonly rows: Map<string, PendingRow>;
  readonly name: string;
  readonly before: PendingRow | undefined;
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
