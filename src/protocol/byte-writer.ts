import type { Writable } from "node:stream";

/** Above this many unwritten bytes a protocol stops reading, so that memory stays bounded. */
export const HIGH_WATER_BYTES = 1_048_576;
/** Pieces up to this size are joined into one write; larger ones are written as they are. */
const JOIN_BYTES = 32_768;

/** Called when the backlog fell below the high-water mark, and once when the reader of the stream went away. */
export interface WriterEvents {
  readonly onDrain: () => void;
  readonly onBroken: () => void;
}

/**
 * Writes whole messages to a stream in the order they were sent, and knows how many bytes have not left yet.
 *
 * All messages of one turn of the event loop leave in as few writes as possible. Never throws: when the reader is
 * gone (EPIPE), everything later is dropped and `onBroken` is called once.
 */
export class ByteWriter {
  readonly #stream: Writable;
  readonly #events: WriterEvents;
  #queue: Uint8Array[] = [];
  #pending = 0;
  #scheduled = false;
  #broken = false;
  #wasFull = false;
  readonly #onEmpty: (() => void)[] = [];

  constructor(stream: Writable, events: WriterEvents) {
    this.#stream = stream;
    this.#events = events;
    stream.on("error", () => this.#break());
    stream.on("close", () => this.#break());
  }

  /** Bytes sent and not yet taken by the operating system. */
  get pendingBytes(): number {
    return this.#pending;
  }

  /** True while reading should rest. */
  get full(): boolean {
    return this.#pending > HIGH_WATER_BYTES;
  }

  /** Sends one whole message. The bytes belong to the writer from here on. */
  send(message: Uint8Array): void {
    if (this.#broken) return;
    this.#queue.push(message);
    this.#pending += message.length;
    if (this.#pending > HIGH_WATER_BYTES) this.#wasFull = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  /** Resolves when everything has left, the stream is broken, or `timeoutMs` have passed. */
  async drained(timeoutMs: number): Promise<void> {
    if (this.#scheduled) this.#flush();
    if (this.#pending === 0 || this.#broken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onEmpty.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#broken) return;
    const queue = this.#queue;
    this.#queue = [];
    let first = 0;
    let size = 0;
    for (let at = 0; at <= queue.length; at++) {
      const piece = queue[at];
      if (piece !== undefined && size + piece.length <= JOIN_BYTES) {
        size += piece.length;
        continue;
      }
      if (at - first === 1) this.#write(queue[first] as Uint8Array);
      else if (at > first) this.#write(Buffer.concat(queue.slice(first, at), size));
      first = at;
      size = piece?.length ?? 0;
    }
  }

  #write(bytes: Uint8Array): void {
    this.#stream.write(bytes, (error) => {
      if (error) this.#break();
      else this.#written(bytes.length);
    });
  }

  #written(count: number): void {
    this.#pending -= count;
    if (this.#pending === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
    if (this.#wasFull && this.#pending <= HIGH_WATER_BYTES / 2) {
      this.#wasFull = false;
      this.#events.onDrain();
    }
  }

  #break(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#queue = [];
    this.#pending = 0;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
    this.#events.onBroken();
  }
}
