import type { Fault } from "../contract/fault.ts";
import { DeadlineWatch, OVERSTAY_MS, REPLACE_MS } from "./deadline-watch.ts";
import { type RunTask, unmeasured } from "./run-task.ts";
import { cancelledFault, deadlineFault } from "./trap.ts";
import type { WorkerSlot } from "./worker-slot.ts";

/** After so long a cancelled run is answered, after so long its worker is ended if the run did not end by itself. */
const CANCEL_ANSWER_MS = 1;
const CANCEL_MS = 10;

/** What ending a run needs of its pool. */
export interface InterruptedPool {
  /** The workers that are there now; not changed where one comes or goes. */
  slots(): readonly WorkerSlot[];
  /** What the worker was handed and has not begun goes elsewhere, and another may work in its place. */
  relieve(slot: WorkerSlot): void;
  /** Ends the worker; what it had begun is answered with `reason`. */
  replace(slot: WorkerSlot, reason: Fault): void;
}

/**
 * Ends runs that a worker has begun: those whose deadline is over, and those that were cancelled. Each is answered within
 * a few milliseconds, whatever its guest does. Its worker is asked to end it, which keeps the thread where the guest
 * calls the host or is interrupted; one that is still at it soon after is replaced. Holds no process alive for deadlines.
 */
export class Interruptions {
  readonly #pool: InterruptedPool;
  readonly #deadlines = new DeadlineWatch((now) => this.#endOverdue(now));

  constructor(pool: InterruptedPool) {
    this.#pool = pool;
  }

  /** A run is handed to a worker, at `now` on the shared clock: its deadline is watched. */
  expect(task: RunTask, now: number): void {
    this.#deadlines.expect(now + task.authority.authority.limits.deadlineMs + OVERSTAY_MS);
  }

  /** Ends a run that a worker has begun; it is settled as cancelled unless it ended before. */
  cancel(slot: WorkerSlot, task: RunTask): void {
    slot.interrupt(task);
    setTimeout(() => {
      slot.collect();
      if (slot.runs.has(task)) task.settle(unmeasured(cancelledFault(), slot.runs.ranFor(task)));
    }, CANCEL_ANSWER_MS);
    setTimeout(() => {
      if (slot.runs.has(task)) this.#pool.replace(slot, cancelledFault());
    }, CANCEL_MS);
  }

  stop(): void {
    this.#deadlines.stop();
  }

  /** Ends every run whose deadline is over and answers when the next one is. */
  #endOverdue(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const slot of this.#pool.slots()) {
      const { underWay } = slot.runs;
      if (underWay !== undefined) {
        const { task, began } = underWay;
        const over = now - began - task.authority.authority.limits.deadlineMs;
        if (over >= OVERSTAY_MS) this.#overdue(slot, task, over);
        if (slot.runs.has(task)) next = Math.min(next, now - over + (over < OVERSTAY_MS ? OVERSTAY_MS : REPLACE_MS));
      }
      // what was handed and not begun can begin no sooner than now
      if (slot.runs.count > (underWay === undefined ? 0 : 1)) {
        next = Math.min(next, now + slot.runs.shortestDeadline + OVERSTAY_MS);
      }
    }
    return next;
  }

  /** Answers a run whose deadline is over at once, and ends its worker where that has not ended it soon after. */
  #overdue(slot: WorkerSlot, task: RunTask, over: number): void {
    slot.collect();
    if (!slot.runs.has(task)) return;
    const { deadlineMs } = task.authority.authority.limits;
    if (over >= REPLACE_MS) {
      this.#pool.replace(slot, deadlineFault(deadlineMs));
      return;
    }
    slot.interrupt(task);
    slot.overdue = true;
    task.settle(unmeasured(deadlineFault(deadlineMs), deadlineMs + over));
    this.#pool.relieve(slot);
  }
}
