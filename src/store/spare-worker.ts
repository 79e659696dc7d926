import type { WorkerSlot } from "./worker-slot.ts";

/** How long it waits before it starts a thread that nobody needs yet, in milliseconds: not while the first calls run. */
const DELAY_MS = 300;
/** Where workers are replaced again and again, so many spares are kept, for so long after the last. */
const REPLACING_SPARES = 2;
const REPLACING_MS = 10_000;

/** Started workers in reserve, so that one that has to be replaced is replaced at once. */
export class SpareWorker {
  readonly #start: () => WorkerSlot;
  readonly #slots: WorkerSlot[] = [];
  #replacedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(start: () => WorkerSlot) {
    this.#start = start;
  }

  /** Has a spare started before long, if there is none. */
  want(): void {
    if (this.#slots.length === 0) this.#startAfter(DELAY_MS);
  }

  /** A spare, or a worker that is started now, for more work. */
  take(): WorkerSlot {
    return this.#slots.shift() ?? this.#start();
  }

  /** The same in place of a worker that had to be ended: the next such is prepared for at once. */
  replace(): WorkerSlot {
    this.#replacedAt = performance.now();
    const slot = this.take();
    this.#startAfter(1);
    return slot;
  }

  /** Gives up the spare if it is this one; false when it is not. */
  drop(slot: WorkerSlot): boolean {
    const index = this.#slots.indexOf(slot);
    if (index < 0) return false;
    this.#slots.splice(index, 1);
    slot.terminate();
    return true;
  }

  /** Ends the spares and has no more; answers with them. */
  close(): readonly WorkerSlot[] {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const slot of this.#slots) slot.terminate();
    return this.#slots;
  }

  /** One thread after the other: more at once would take the processors from what runs. */
  #startAfter(delay: number): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const most = performance.now() - this.#replacedAt < REPLACING_MS ? REPLACING_SPARES : 1;
      if (this.#slots.length < most) this.#slots.push(this.#start());
      if (this.#slots.length < most) this.#startAfter(delay);
    }, delay);
    this.#timer.unref();
  }
}
