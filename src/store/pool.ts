import { performance } from "node:perf_hooks";
import { type Fault, fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import { FairQueue } from "./fair-queue.ts";
import { Preparations, type Reply, type Request } from "./preparations.ts";
import { type RunTask, unmeasured } from "./run-task.ts";
import { SpareWorker } from "./spare-worker.ts";
import { cancelledFault, lostFault, shutdownFault } from "./trap.ts";
import { complaint, Watchdog } from "./watchdog.ts";
import { type WorkerOptions, WorkerSlot } from "./worker-slot.ts";

/** What a cancelled run is given to end by itself. */
const CANCEL_MS = 10;
/** A thread that was interrupted so often is replaced: an interrupt may leave a descriptor open. */
const INTERRUPTS = 64;
/** Starts in a row that fail before everything that waits is refused. */
const FAILED_STARTS = 3;
/** What closing waits for threads; one in a single long operation ends behind it, with that operation. */
const CLOSE_MS = 80;

/**
 * A pool of worker threads that runs tasks in fair order, watches their deadlines and replaces a worker that overstays
 * or dies; such a worker fails only what it had begun. Keeps the process alive while something runs, not when idle.
 */
export class WorkerPool {
  readonly #options: WorkerOptions;
  readonly #size: number;
  readonly #queue = new FairQueue();
  readonly #preparations = new Preparations();
  readonly #watchdog = new Watchdog(() => this.#look());
  readonly #spare = new SpareWorker(() => this.#start());
  #slots: WorkerSlot[] = [];
  #dispatching = false;
  #closed = false;
  #failedStarts = 0;
  readonly #leaving = new Set<Promise<unknown>>();
  /** Tasks that are handed to workers. */
  running = 0;
  replaced = 0;

  constructor(options: WorkerOptions, size: number) {
    this.#options = options;
    this.#size = size;
    this.#slots.push(this.#start());
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Whether anything is yet to be handed to a worker. */
  get #waits(): boolean {
    return this.#queue.length > 0 || this.#preparations.waiting > 0;
  }

  get workers(): number {
    return this.#slots.length;
  }

  get busy(): number {
    return this.#slots.filter((slot) => slot.outstanding > 0 || slot.preparing !== 0).length;
  }

  submit(task: RunTask): void {
    this.#queue.push(task);
    this.#wake();
  }

  /** Meters and compiles, or inspects, a module in a worker. */
  prepare(make: (id: number) => Request): Promise<Reply["result"]> {
    if (this.#closed) return Promise.resolve(shutdownFault());
    const reply = this.#preparations.add(make);
    this.#wake();
    return reply;
  }

  /** Ends a task wherever it is; it is settled as cancelled unless it ended before. */
  cancel(task: RunTask): void {
    const slot = this.#slots.find((candidate) => candidate.holds(task));
    if (slot === undefined) {
      this.#queue.drop(task);
      task.settle(unmeasured(cancelledFault()));
      return;
    }
    if (slot.withdraw(task)) {
      this.running--;
      task.settle(unmeasured(cancelledFault()));
      return;
    }
    slot.mailbox.cancel(task.sequence);
    setTimeout(() => {
      if (slot.holds(task)) this.#replace(slot, cancelledFault());
    }, CANCEL_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watchdog.stop();
    const spare = this.#spare.close();
    for (const slot of this.#slots) {
      slot.collect();
      for (const task of slot.terminate()) task.settle(unmeasured(shutdownFault()));
    }
    for (let task = this.#queue.take(); task !== undefined; task = this.#queue.take()) {
      task.settle(unmeasured(shutdownFault()));
    }
    this.#preparations.refuseAll(shutdownFault());
    const threads = [...this.#slots, ...(spare === undefined ? [] : [spare])].map((slot) => slot.gone);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      Promise.allSettled([...threads, ...this.#leaving]).then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Tells every worker to drop a compiled module once nothing under way needs it. */
  forgetModule(id: number): void {
    for (const slot of this.#slots) slot.forgetModule(id);
  }

  #start(): WorkerSlot {
    return new WorkerSlot(this.#options, {
      settled: (slot, task, outcome) => this.#settled(slot, task, outcome),
      replied: (slot, message) => this.#preparations.replied(slot, message),
      collected: () => {
        this.#failedStarts = 0;
        if (this.#waits) this.#wake();
        else if (this.running === 0) this.#rest();
      },
      died: (slot, why) => this.#died(slot, why),
    });
  }

  /** Dispatches after everything that is ready to run has run, so that tasks that come together are handed together. */
  #wake(): void {
    this.#watchdog.wake();
    if (this.#dispatching) return;
    this.#dispatching = true;
    process.nextTick(() => {
      this.#dispatching = false;
      if (!this.#closed) this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#preparations.waiting > 0) {
      const slot = this.#leastLoaded((candidate) => candidate.preparing === 0);
      if (slot === undefined) break;
      this.#preparations.begin(slot);
    }
    const touched = new Set<WorkerSlot>();
    while (this.#queue.length > 0) {
      const slot = this.#leastLoaded((candidate) => candidate.available);
      if (slot === undefined) break;
      const task = this.#queue.take();
      if (task === undefined) break;
      if (!slot.hand(task)) {
        this.#queue.putBack(task);
        break;
      }
      this.running++;
      touched.add(slot);
    }
    for (const slot of touched) slot.announce();
    if (this.#waits && this.#slots.length < this.#size) this.#grow();
  }

  #leastLoaded(fits: (slot: WorkerSlot) => boolean): WorkerSlot | undefined {
    let best: WorkerSlot | undefined;
    for (const slot of this.#slots) {
      if (slot.dead || !fits(slot) || (!slot.ready && this.#slots.some((other) => other.ready))) continue;
      if (best === undefined || slot.outstandingUs < best.outstandingUs) best = slot;
    }
    return best;
  }

  #grow(): void {
    if (this.#slots.every((slot) => slot.ready)) this.#slots.push(this.#spare.take());
  }

  #settled(slot: WorkerSlot, task: RunTask, outcome: Outcome): void {
    this.running--;
    learn(task, outcome);
    if (outcome.kind === "fault" && outcome.fault.code === "execution-timeout") slot.interrupted++;
    task.settle(outcome);
    if (slot.interrupted >= INTERRUPTS && slot.outstanding === 0) this.#replace(slot, lostFault());
  }

  #died(slot: WorkerSlot, why: string): void {
    if (!slot.ready) this.#failedStarts++;
    if (this.#spare.drop(slot)) return;
    this.#replace(slot, lostFault());
    if (this.#failedStarts >= FAILED_STARTS) {
      const reason = fault(
        "store",
        "worker-lost",
        `no worker can be started: ${why.slice(0, 200)}: install tollgate again`,
      );
      for (let task = this.#queue.take(); task !== undefined; task = this.#queue.take()) {
        task.settle(unmeasured(reason));
      }
      this.#preparations.refuseWaiting(reason);
    }
  }

  /** Ends a worker; what it had begun is answered with `reason`, what it had not goes back to the queue. */
  #replace(slot: WorkerSlot, reason: Fault): void {
    if (slot.dead || this.#closed) return;
    this.#takeBack(slot);
    slot.collect();
    const since = slot.seenSince;
    for (const task of slot.terminate()) {
      this.running--;
      const now = performance.now();
      task.settle(unmeasured(reason, slot.seen === task.sequence ? now - since : 0));
    }
    const leaving = slot.gone.finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    this.#slots = this.#slots.filter((other) => other !== slot);
    this.replaced++;
    this.#preparations.failed(slot, reason);
    if (this.#failedStarts < FAILED_STARTS || this.#slots.length === 0) this.#slots.push(this.#spare.take());
    this.#wake();
  }

  /** Puts what a worker was handed and has not begun back into the queue, in its old order. */
  #takeBack(slot: WorkerSlot): void {
    const waiting = slot.withdrawAll();
    this.running -= waiting.length;
    for (const task of waiting.reverse()) this.#queue.putBack(task);
  }

  #look(): void {
    const now = performance.now();
    for (const slot of [...this.#slots]) {
      const wrong = complaint(slot, now);
      if (wrong === "stuck") {
        if (this.#hasIdle()) this.#takeBack(slot);
      } else if (wrong !== undefined) this.#replace(slot, wrong);
    }
    if (this.#waits) this.#wake();
    else if (this.running === 0 && !this.#watchdog.resting) this.#rest();
  }

  #hasIdle(): boolean {
    return this.#slots.length < this.#size || this.#slots.some((slot) => slot.ready && slot.outstanding === 0);
  }

  /** Lets the process end: nothing is under way. */
  #rest(): void {
    if (this.#preparations.underWay > 0) return;
    this.#watchdog.rest();
    this.#spare.want();
  }
}

/** What a run costs a worker beside the guest, in microseconds. */
const OVERHEAD_US = 10;

/** A run that took longer than expected counts for more, so that one that turns slow is soon handed alone. */
function learn(task: RunTask, outcome: Outcome): void {
  const { prepared } = task;
  if (prepared === undefined) return;
  const took = outcome.usage.durationMs * 1000 + OVERHEAD_US;
  const weight = took > prepared.expectedUs ? 0.5 : 0.2;
  prepared.expectedUs += (took - prepared.expectedUs) * weight;
}
