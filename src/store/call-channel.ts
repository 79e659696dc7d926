import { SHARED_ANSWER_BYTES } from "./host-calls.ts";

const WORDS = 4;
const WAKE = 0;
const ANSWERED = 1;
const LENGTH = 2;
const POSTED = 3;
const BYTES_AT = 64;

/** What waits for the worker: an answer, or an error document. */
export interface ChannelAnswer {
  /** Bytes of an answer, or −1 − bytes of an error document. */
  readonly length: number;
  /** A view of shared memory that holds until the next request; undefined where the bytes were posted. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * Shared memory by which the main thread answers the one host call that a worker waits in. The worker numbers its
 * requests; the main thread writes an answer only to the request that it was sent last, so that nothing is overwritten
 * while the worker reads it, and an answer to a call that was given up is never taken for another's.
 */
export class CallChannel {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(buffer = new SharedArrayBuffer(BYTES_AT + SHARED_ANSWER_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#bytes = new Uint8Array(buffer, BYTES_AT);
  }

  /** Main thread: answers a request. Bytes of more than {@link SHARED_ANSWER_BYTES} were posted before. */
  answer(id: number, bytes: Uint8Array, isError: boolean): void {
    const posted = bytes.length > SHARED_ANSWER_BYTES;
    if (!posted) this.#bytes.set(bytes);
    Atomics.store(this.#words, LENGTH, isError ? -1 - bytes.length : bytes.length);
    Atomics.store(this.#words, POSTED, posted ? 1 : 0);
    Atomics.store(this.#words, ANSWERED, id);
    this.wake();
  }

  /** Main thread: has a waiting worker look around. */
  wake(): void {
    Atomics.add(this.#words, WAKE, 1);
    Atomics.notify(this.#words, WAKE);
  }

  /**
   * Worker: waits for the answer to its request; undefined when `given up` said so or the time was over. `left` tells
   * the milliseconds that remain, each time that it is woken.
   */
  wait(id: number, left: () => number, givenUp: () => boolean): ChannelAnswer | undefined {
    for (;;) {
      const seen = Atomics.load(this.#words, WAKE);
      if (Atomics.load(this.#words, ANSWERED) === id) break;
      const remaining = left();
      if (remaining <= 0 || givenUp()) return undefined;
      Atomics.wait(this.#words, WAKE, seen, remaining);
    }
    const length = Atomics.load(this.#words, LENGTH);
    const size = length < 0 ? -1 - length : length;
    const posted = Atomics.load(this.#words, POSTED) === 1;
    return { length, bytes: posted ? undefined : this.#bytes.subarray(0, size) };
  }
}
