import type { Database } from "lmdb";
import type { EventDraft } from "../contract/chain-event.ts";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { Change, StateReader, StateTransaction } from "../contract/state.ts";
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
  readonly #time: number;
  readonly #ownIntents: ReadonlySet<string>;
  readonly #opened = new Set<string>();
  readonly #rows = new Map<string, Map<string, PendingRow>>();
  readonly #view: StateReader;
  #size: number;

  /**
   * `size` is the number of events on the chain that this transaction is built on, `ownIntents` the calls that this
   * process announced there and has not ended.
   */
  constructor(table: Database<Buffer, Buffer>, size: number, time: number, ownIntents: ReadonlySet<string>) {
    this.#view = viewUnder(table, this.#rows);
    this.#size = size;
    this.#time = time;
    this.#ownIntents = ownIntents;
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
    const events: ProposedEvent[] = [];
    const undo: [table: string, key: string, before: PendingRow | undefined][] = [];
    const write = (table: string, key: Buffer, value: Buffer | undefined) => {
      let rows = this.#rows.get(table);
      if (rows === undefined) {
        rows = new Map();
        this.#rows.set(table, rows);
      }
      const name = key.toString("latin1");
      undo.push([table, name, rows.get(name)]);
      rows.set(name, { key, value });
    };
    const state: StateTransaction = {
      time: this.#time,
      get: this.#view.get,
      range: this.#view.range,
      put: (key, value) => write(key[0], encodeKey(key), asBuffer(value)),
      remove: (key) => write(key[0], encodeKey(key), undefined),
      event: (draft: EventDraft) => {
        const accepted = acceptDraft(draft);
        if ("code" in accepted) throw new RefusedDraft(accepted);
        events.push(this.#withIntent(accepted));
        return this.#size + events.length;
      },
    };
    let reason: Fault;
    try {
      const value = change(state);
      if (!isFault(value)) {
        if (events.length === 0 && undo.length > 0) throw new Error("it writes and records no event");
        this.#size += events.length;
        return { value, events };
      }
      reason = value;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      reason =
        error instanceof RefusedDraft
          ? error.reason
          : fault("chain", "internal", `a change of the state failed: ${detail}`);
    }
    for (const [table, key, before] of undo.reverse()) {
      if (before === undefined) this.#rows.get(table)?.delete(key);
      else this.#rows.get(table)?.set(key, before);
    }
    return reason;
  }
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

class RefusedDraft extends Error {
  readonly reason: Fault;

  constructor(reason: Fault) {
    super(reason.message);
    this.reason = reason;
  }
}
