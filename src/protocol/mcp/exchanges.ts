import { Cancellation, type CancelSignal } from "../../contract/cancellation.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { RequestId } from "./message.ts";

/** One request that was not answered yet. */
export interface Exchange {
  readonly id: RequestId;
  /** Aborted when the client cancels or goes away; nothing is sent for it from then on. */
  readonly signal: CancelSignal;
}

interface OpenExchange extends Exchange {
  readonly signal: Cancellation;
  /** What to send when the server ends the exchange by itself. */
  readonly farewell: Uint8Array | undefined;
}

/**
 * The requests under way. Each id is open at most once, gets at most one reply, and none after it was cancelled
 * (2026-07-28, basic/transports/stdio, Cancellation: no further messages for a cancelled request).
 */
export class Exchanges {
  readonly #open = new Map<RequestId, OpenExchange>();
  readonly #writer: ByteWriter;

  constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  get size(): number {
    return this.#open.size;
  }

  has(id: RequestId): boolean {
    return this.#open.has(id);
  }

  /** Opens an exchange. The id must not be open. */
  begin(id: RequestId, farewell?: Uint8Array): Exchange {
    const exchange: OpenExchange = { id, signal: new Cancellation(), farewell };
    this.#open.set(id, exchange);
    return exchange;
  }

  /** Sends the reply, unless the exchange was cancelled. */
  finish(exchange: Exchange, reply: Uint8Array): void {
    if (this.#open.get(exchange.id) !== exchange) return;
    this.#open.delete(exchange.id);
    this.#writer.send(reply);
  }

  /** Sends a notification that belongs to the exchange, while it is open and the client reads what it is sent. */
  notify(exchange: Exchange, line: Uint8Array): void {
    if (this.#open.get(exchange.id) === exchange && !this.#writer.full) this.#writer.send(line);
  }

  /** Cancels and forgets an exchange; answers it, or `undefined` for an id that is not open. */
  cancel(id: RequestId): Exchange | undefined {
    const exchange = this.#open.get(id);
    if (exchange === undefined) return undefined;
    this.#open.delete(id);
    exchange.signal.cancel();
    return exchange;
  }

  /** Ends everything: says farewell where one was prepared, aborts the rest. */
  end(): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const exchange of open) {
      if (exchange.farewell !== undefined) this.#writer.send(exchange.farewell);
      exchange.signal.cancel();
    }
  }
}
