import type { RunTask } from "./run-task.ts";
import { SpareWorker } from "./spare-worker.ts";
import type { WorkerSlot } from "./worker-slot.ts";

/** What closing waits for threads; one in a single long operation ends behind it, with that operation. */
const CLOSE_MS = 80;
/** A worker that is at one run for longer is not waited for while another could take what comes. */
export const PROMPT_MS = 10;

/** How many workers a pool has. */
export interface PoolSize {
  /** Workers that work at once. */
  readonly workers: number;
  /** Of these, so many share short runs; more are put to work beside long ones only. */
  readonly sharing: number;
  /** Workers that may be there beside, because others wait for host calls. */
  readonly waiting: number;
}

/**
 * The workers of a pool. Chooses who is given work, takes more workers when those that share it do not keep up, and lets
 * those go that the pool has beyond its size. One is there from the start, the others come when they are needed.
 */
export class WorkerSet {
  readonly #size: number;
  readonly #sharing: number;
  /** Workers that may be there at most. */
  readonly most: number;
  readonly #spare: SpareWorker;
  #slots: readonly WorkerSlot[];
  readonly #leaving = new Set<Promise<unknown>>();

  constructor({ workers, sharing, waiting }: PoolSize, start: () => WorkerSlot) {
    this.#size = workers;
    this.#sharing = sharing;
    this.most = workers + waiting;
    this.#spare = new SpareWorker(start);
    this.#slots = [start()];
  }

  /** Those that are there now; workers that come or go later do not change this list. */
  get slots(): readonly WorkerSlot[] {
    return this.#slots;
  }

  get busy(): number {
    return this.#slots.filter(isBusy).length;
  }

  holderOf(task: RunTask): WorkerSlot | undefined {
    return this.#slots.find((slot) => slot.runs.has(task));
  }

  othersThan(slot: WorkerSlot): readonly WorkerSlot[] {
    return this.#slots.filter((other) => other !== slot);
  }

  /** Who is to prepare a module: not behind a run, which may be long, and may itself wait for what is prepared. */
  forPreparation(): WorkerSlot | undefined {
    return this.#leastLoaded((slot) => !isBusy(slot));
  }

  /**
   * Who is to be handed the next run: one that is at work where as many as are to share it keep up; else no more are put
   * to work than the pool has. None is handed more than it holds where `preparationsWait` for one that is idle.
   */
  forRun(now: number, preparationsWait: boolean): WorkerSlot | undefined {
    const shared = this.keepsUp(now);
    return this.#leastLoaded((slot) => {
      if (!slot.available) return false;
      if (slot.runs.count > 0) return !preparationsWait;
      return !shared && (this.#slots.length <= this.#size || this.#working < this.#size);
    });
  }

  /**
   * Whether as many workers as are to share short runs are at them. One more would not have them answered sooner: it
   * would take a processor from the main thread, which has as much to do for a short run as a worker has.
   */
  keepsUp(now: number): boolean {
    let keeping = 0;
    for (const slot of this.#slots) if (slot.keepsUp(now - PROMPT_MS)) keeping++;
    return keeping >= this.#sharing;
  }

  /** Whether a run that waits behind another would find a worker, or the room for one more. */
  get hasIdle(): boolean {
    if (this.#working < this.#size) return true;
    return this.#slots.some((slot) => slot.ready && slot.runs.count === 0);
  }

  /** One more worker, unless one is on its way, where fewer can work than the pool has. */
  grow(): void {
    const waiting = this.#slots.filter((slot) => slot.waits).length;
    if (this.#slots.length >= this.most) return;
    if (this.#slots.length - waiting >= this.#size || !this.#slots.every((slot) => slot.ready)) return;
    this.#slots = [...this.#slots, this.#spare.take()];
  }

  /** Ends the workers that were taken because others waited, once the pool is idle. */
  shrink(): void {
    for (const slot of this.#slots) {
      if (this.#slots.length <= this.#size) return;
      if (!isBusy(slot)) this.end(slot);
    }
  }

  /** Ends a worker's thread and is without it; answers with what it had begun. */
  end(slot: WorkerSlot): RunTask[] {
    this.#slots = this.othersThan(slot);
    const lost = slot.terminate();
    const leaving = slot.gone.finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return lost;
  }

  /** A worker in place of one that had to be ended. */
  replace(): void {
    this.#slots = [...this.#slots, this.#spare.replace()];
  }

  /** Has a worker in reserve before long. */
  wantSpare(): void {
    this.#spare.want();
  }

  /** Gives up a worker in reserve if it is this one; false when it is not. */
  dropSpare(slot: WorkerSlot): boolean {
    return this.#spare.drop(slot);
  }

  /** Resolves when the threads of all workers, which were ended before, and of those in reserve are gone, or soon. */
  async close(): Promise<void> {
    const threads = [...this.#slots, ...this.#spare.close()].map((slot) => slot.gone);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      Promise.allSettled([...threads, ...this.#leaving]).then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Workers that have something to do, and of which the end of it can be told. */
  get #working(): number {
    let working = 0;
    for (const slot of this.#slots) if (!slot.waits && isBusy(slot)) working++;
    return working;
  }

  /** Of those that fit, the one with the least to do; one that has not started yet only where none has. */
  #leastLoaded(fits: (slot: WorkerSlot) => boolean): WorkerSlot | undefined {
    let best: WorkerSlot | undefined;
    for (const slot of this.#slots) {
      if (slot.dead || slot.waits || !fits(slot) || (!slot.ready && this.#slots.some((other) => other.ready))) continue;
      if (best === undefined || slot.runs.expectedUs < best.runs.expectedUs) best = slot;
    }
    return best;
  }
}

function isBusy(slot: WorkerSlot): boolean {
  return slot.runs.count > 0 || slot.preparing !== 0;
}
