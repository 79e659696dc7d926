import { type Fault, fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import { DeadlineWatch, OVERSTAY_MS, REPLACE_MS } from "./deadline-watch.ts";
import { FairQueue } from "./fair-queue.ts";
import type { HostCallRequest } from "./host-call-client.ts";
import { errorDocument, type HostCallDesk } from "./host-call-desk.ts";
import { blockRefused } from "./nesting.ts";
import { Preparations, type Reply, type Request } from "./preparations.ts";
import { type RunTask, unmeasured } from "./run-task.ts";
import { sharedNow } from "./shared-clock.ts";
import { SpareWorker } from "./spare-worker.ts";
import { cancelledFault, deadlineFault, lostFault, shutdownFault } from "./trap.ts";
import { complaint, Watchdog } from "./watchdog.ts";
import { WorkerSlot } from "./worker-slot.ts";
import type { WorkerOptions } from "./worker-thread.ts";

/** After so long a cancelled run is answered, after so long its worker is ended if the run did not end by itself. */
const CANCEL_ANSWER_MS = 1;
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
  readonly #waitingThreads: number;
  readonly #desk: HostCallDesk;
  readonly #queue = new FairQueue();
  readonly #deadlines = new DeadlineWatch((now) => this.#endOverdue(now));
  readonly #preparations = new Preparations();
  readonly #watchdog = new Watchdog(
    () => this.#look(),
    () => this.#shrink(),
  );
  readonly #spare = new SpareWorker(() => this.#start());
  #slots: WorkerSlot[] = [];
  #dispatching = false;
  #closed = false;
  #failedStarts = 0;
  readonly #leaving = new Set<Promise<unknown>>();
  /** Tasks that are handed to workers. */
  running = 0;
  replaced = 0;

  /** Of `size` workers that work at once; `waitingThreads` more may be there because others wait for host calls. */
  constructor(options: WorkerOptions, size: number, waitingThreads: number, desk: HostCallDesk) {
    this.#options = options;
    this.#waitingThreads = waitingThreads;
    this.#desk = desk;
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
    return this.#slots.filter((slot) => slot.runs.count > 0 || slot.preparing !== 0).length;
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
    const slot = this.#slots.find((candidate) => candidate.runs.has(task));
    if (slot === undefined) {
      this.#queue.drop(task);
      task.settle(unmeasured(cancelledFault()));
      return;
    }
    if (slot.runs.withdraw(task)) {
      this.#left(task);
      task.settle(unmeasured(cancelledFault()));
      return;
    }
    slot.interrupt(task);
    setTimeout(() => {
      slot.collect();
      if (slot.runs.has(task)) task.settle(unmeasured(cancelledFault(), slot.runs.ranFor(task)));
    }, CANCEL_ANSWER_MS);
    setTimeout(() => {
      if (slot.runs.has(task)) this.#replace(slot, cancelledFault());
    }, CANCEL_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watchdog.stop();
    this.#deadlines.stop();
    const spares = this.#spare.close();
    for (const slot of this.#slots) {
      slot.collect();
      for (const task of slot.terminate()) task.settle(unmeasured(shutdownFault()));
    }
    for (let task = this.#queue.take(); task !== undefined; task = this.#queue.take()) {
      task.settle(unmeasured(shutdownFault()));
    }
    this.#preparations.refuseAll(shutdownFault());
    const threads = [...this.#slots, ...spares].map((slot) => slot.gone);
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
      called: (slot, task, request) => this.#called(slot, task, request),
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
      // not behind a run, which may take as long as its deadline and may itself wait for what is prepared
      const slot = this.#leastLoaded((candidate) => candidate.runs.count === 0 && candidate.preparing === 0);
      if (slot === undefined) break;
      this.#preparations.begin(slot);
    }
    const touched = new Set<WorkerSlot>();
    const now = this.#queue.length > 0 ? sharedNow() : 0;
    while (this.#queue.length > 0) {
      const slot = this.#leastLoaded((candidate) => this.#mayTake(candidate));
      if (slot === undefined) break;
      const task = this.#queue.take();
      if (task === undefined) break;
      if (!slot.hand(task)) {
        this.#queue.putBack(task);
        break;
      }
      this.running++;
      task.account.handed++;
      this.#deadlines.expect(now + task.authority.authority.limits.deadlineMs + OVERSTAY_MS);
      touched.add(slot);
    }
    for (const slot of touched) slot.announce();
    if (this.#waits) this.#grow();
  }

  /** Whether a run may be handed to it: no more workers are put to work than the pool has, and none behind what waits. */
  #mayTake(slot: WorkerSlot): boolean {
    if (!slot.available) return false;
    if (this.#preparations.waiting > 0 && slot.runs.count > 0) return false;
    return slot.runs.count > 0 || this.#slots.length <= this.#size || this.#working < this.#size;
  }

  /** Workers that have something to do, and of which the end of it can be told. */
  get #working(): number {
    let working = 0;
    for (const slot of this.#slots) if (!slot.waits && (slot.runs.count > 0 || slot.preparing !== 0)) working++;
    return working;
  }

  #leastLoaded(fits: (slot: WorkerSlot) => boolean): WorkerSlot | undefined {
    let best: WorkerSlot | undefined;
    for (const slot of this.#slots) {
      if (slot.dead || slot.waits || !fits(slot) || (!slot.ready && this.#slots.some((other) => other.ready))) continue;
      if (best === undefined || slot.runs.expectedUs < best.runs.expectedUs) best = slot;
    }
    return best;
  }

  /** One more worker, unless one is on its way, where fewer can work than the pool has. */
  #grow(): void {
    const waiting = this.#slots.filter((slot) => slot.waits).length;
    if (this.#slots.length >= this.#size + this.#waitingThreads) return;
    if (this.#slots.length - waiting >= this.#size || !this.#slots.every((slot) => slot.ready)) return;
    this.#slots.push(this.#spare.take());
  }

  /** Ends the workers that were taken because others waited, once the pool is idle. */
  #shrink(): void {
    for (const slot of this.#slots.filter((candidate) => candidate.runs.count === 0 && candidate.preparing === 0)) {
      if (this.#slots.length <= this.#size) return;
      this.#slots = this.#slots.filter((other) => other !== slot);
      this.#end(slot);
    }
  }

  /** A guest waits for a host call: what was handed behind it goes elsewhere, and another worker may take its place. */
  #called(slot: WorkerSlot, task: RunTask, { id, call, request }: HostCallRequest): void {
    const others = this.#slots.filter((other) => other !== slot);
    const refused = blockRefused(others, task.principal, this.#size + this.#waitingThreads);
    if (refused !== undefined) {
      slot.hostCall.answer(id, errorDocument(refused));
      return;
    }
    this.#takeBack(slot);
    this.#wake();
    void this.#desk.answer(task, call, request).then((answer) => {
      slot.hostCall.answer(id, answer);
      if (this.#waits) this.#wake();
    });
  }

  /** Ends every run whose deadline is over and answers when the next one is. */
  #endOverdue(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const slot of [...this.#slots]) {
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
      this.#replace(slot, deadlineFault(deadlineMs));
      return;
    }
    slot.interrupt(task);
    slot.overdue = true;
    task.settle(unmeasured(deadlineFault(deadlineMs), deadlineMs + over));
    this.#takeBack(slot);
    this.#wake();
  }

  /** A task is no longer in the hands of a worker. */
  #left(task: RunTask): void {
    this.running--;
    task.account.handed--;
  }

  #settled(slot: WorkerSlot, task: RunTask, outcome: Outcome): void {
    this.#left(task);
    learn(task, outcome);
    if (outcome.kind === "fault" && outcome.fault.code === "execution-timeout") slot.interrupted++;
    task.settle(outcome);
    if (slot.interrupted >= INTERRUPTS && slot.runs.count === 0) this.#replace(slot, lostFault());
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
    this.#slots = this.#slots.filter((other) => other !== slot);
    const { underWay } = slot.runs;
    for (const task of this.#end(slot)) {
      this.#left(task);
      task.settle(unmeasured(reason, underWay?.task === task ? sharedNow() - underWay.began : 0));
    }
    this.replaced++;
    this.#preparations.failed(slot, reason);
    if (this.#failedStarts < FAILED_STARTS || this.#slots.length === 0) this.#slots.push(this.#spare.replace());
    this.#wake();
  }

  /** Ends a thread; answers with what it had begun. */
  #end(slot: WorkerSlot): RunTask[] {
    const lost = slot.terminate();
    const leaving = slot.gone.finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return lost;
  }

  /** Puts what a worker was handed and has not begun back into the queue, in its old order. */
  #takeBack(slot: WorkerSlot): void {
    const waiting = slot.runs.withdrawAll();
    for (const task of waiting.reverse()) {
      this.#left(task);
      this.#queue.putBack(task);
    }
  }

  #look(): void {
    const now = sharedNow();
    for (const slot of [...this.#slots]) {
      const wrong = complaint(slot, now);
      if (wrong === "stuck") {
        if (!this.#hasIdle()) continue;
        slot.longRun = slot.runs.underWay?.task;
        this.#takeBack(slot);
      } else if (wrong !== undefined) this.#replace(slot, wrong);
    }
    if (this.#waits) this.#wake();
    else if (this.running === 0 && !this.#watchdog.resting) this.#rest();
  }

  #hasIdle(): boolean {
    if (this.#working < this.#size) return true;
    return this.#slots.some((slot) => slot.ready && slot.runs.count === 0);
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
