import type { WorkerSlot } from "./worker-slot.ts";

/** How long it waits before it starts a thread that nobody needs yet, in milliseconds: not while the first calls run. */
const DELAY_MS = 300;

/** One started worker in reserve, so that one that has to be replaced is replaced at once. */
export class SpareWorker {
  readonly #start: () => WorkerSlot;
  #slot: WorkerSlot | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(start: () => WorkerSlot) {
    this.#start = start;
  }

  /** Has a spare started before long, if there is none. */
  want(): void {
    if (this.#slot !== undefined || this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#slot ??= this.#start();
    }, DELAY_MS);
    this.#timer.unref();
  }

  /** The spare, or a worker that is started now; another spare is on its way. */
  take(): WorkerSlot {
    const slot = this.#slot ?? this.#start();
    this.#slot = undefined;
    this.want();
    return slot;
  }

  /** Gives up the spare if it is this one; false when it is not. */
  drop(slot: WorkerSlot): boolean {
    if (this.#slot !== slot) return false;
    this.#slot = undefined;
    slot.terminate();
    return true;
  }

  /** Ends the spare, if there is one, and has no more; answers with it. */
  close(): WorkerSlot | undefined {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#slot?.terminate();
    return this.#slot;
  }
}
