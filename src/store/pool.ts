import type { Fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import { learnFrom } from "./expected-time.ts";
import { FairQueue } from "./fair-queue.ts";
import type { HostCallRequest } from "./host-call-client.ts";
import { errorDocument, type HostCallDesk } from "./host-call-desk.ts";
import { Interruptions } from "./interruptions.ts";
import { blockRefused } from "./nesting.ts";
import { Preparations, type Reply, type Request } from "./preparations.ts";
import { type RunTask, unmeasured } from "./run-task.ts";
import { sharedNow } from "./shared-clock.ts";
import { cancelledFault, lostFault, shutdownFault, unstartableFault } from "./trap.ts";
import { complaint, Watchdog } from "./watchdog.ts";
import { type PoolSize, WorkerSet } from "./worker-set.ts";
import { WorkerSlot } from "./worker-slot.ts";
import type { WorkerOptions } from "./worker-thread.ts";

/** A thread that was interrupted so often is replaced: an interrupt may leave a descriptor open. */
const INTERRUPTS = 64;
/** Starts in a row that fail before everything that waits is refused. */
const FAILED_STARTS = 3;

/**
 * A pool of worker threads that runs tasks in fair order, watches their deadlines and replaces a worker that overstays
 * or dies; such a worker fails only what it had begun. Keeps the process alive while something runs, not when idle.
 */
export class WorkerPool {
  readonly #options: WorkerOptions;
  readonly #desk: HostCallDesk;
  readonly #workers: WorkerSet;
  readonly #queue = new FairQueue();
  readonly #preparations = new Preparations();
  readonly #interruptions = new Interruptions({
    slots: () => this.#workers.slots,
    relieve: (slot) => this.#relieve(slot),
    replace: (slot, reason) => this.#replace(slot, reason),
  });
  readonly #watchdog = new Watchdog(
    () => this.#look(),
    () => this.#workers.shrink(),
  );
  #dispatching = false;
  #closed = false;
  #failedStarts = 0;
  /** Tasks that are handed to workers. */
  running = 0;
  replaced = 0;

  constructor(options: WorkerOptions, size: PoolSize, desk: HostCallDesk) {
    this.#options = options;
    this.#desk = desk;
    this.#workers = new WorkerSet(size, () => this.#start());
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Whether anything is yet to be handed to a worker. */
  get #waits(): boolean {
    return this.#queue.length > 0 || this.#preparations.waiting > 0;
  }

  get workers(): number {
    return this.#workers.slots.length;
  }

  get busy(): number {
    return this.#workers.busy;
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
    const slot = this.#workers.holderOf(task);
    if (slot !== undefined && !slot.runs.withdraw(task)) {
      this.#interruptions.cancel(slot, task);
      return;
    }
    if (slot === undefined) this.#queue.drop(task);
    else this.#left(task);
    task.settle(unmeasured(cancelledFault()));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watchdog.stop();
    this.#interruptions.stop();
    for (const slot of this.#workers.slots) {
      slot.collect();
      for (const task of slot.terminate()) task.settle(unmeasured(shutdownFault()));
    }
    this.#refuseQueued(shutdownFault());
    this.#preparations.refuseAll(shutdownFault());
    await this.#workers.close();
  }

  /** Tells every worker to drop a compiled module once nothing under way needs it. */
  forgetModule(id: number): void {
    for (const slot of this.#workers.slots) slot.forgetModule(id);
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
      const slot = this.#workers.forPreparation();
      if (slot === undefined) break;
      this.#preparations.begin(slot);
    }
    const touched = new Set<WorkerSlot>();
    const now = sharedNow();
    while (this.#queue.length > 0) {
      const slot = this.#workers.forRun(now, this.#preparations.waiting > 0);
      if (slot === undefined) break;
      const task = this.#queue.take();
      if (task === undefined) break;
      if (!slot.hand(task)) {
        this.#queue.putBack(task);
        break;
      }
      this.running++;
      task.account.handed++;
      this.#interruptions.expect(task, now);
      touched.add(slot);
    }
    let behind = this.#queue.length > 0;
    for (const slot of touched) {
      slot.announce();
      behind ||= slot.runs.count > 1;
    }
    if (behind) this.#watchdog.lookSoon();
    if (this.#preparations.waiting > 0 || (this.#queue.length > 0 && !this.#workers.keepsUp(now))) this.#workers.grow();
  }

  /** A guest waits for a host call: what was handed behind it goes elsewhere, and another worker may take its place. */
  #called(slot: WorkerSlot, task: RunTask, { id, call, request }: HostCallRequest): void {
    const refused = blockRefused(this.#workers.othersThan(slot), task.principal, this.#workers.most);
    if (refused !== undefined) {
      slot.hostCall.answer(id, errorDocument(refused));
      return;
    }
    this.#relieve(slot);
    void this.#desk.answer(task, call, request).then((answer) => {
      slot.hostCall.answer(id, answer);
      if (this.#waits) this.#wake();
    });
  }

  /** A task is no longer in the hands of a worker. */
  #left(task: RunTask): void {
    this.running--;
    task.account.handed--;
  }

  #settled(slot: WorkerSlot, task: RunTask, outcome: Outcome): void {
    this.#left(task);
    learnFrom(task, outcome);
    if (outcome.kind === "fault" && outcome.fault.code === "execution-timeout") slot.interrupted++;
    task.settle(outcome);
    if (slot.interrupted >= INTERRUPTS && slot.runs.count === 0) this.#replace(slot, lostFault());
  }

  #died(slot: WorkerSlot, why: string): void {
    if (!slot.ready) this.#failedStarts++;
    if (this.#workers.dropSpare(slot)) return;
    this.#replace(slot, lostFault());
    if (this.#failedStarts >= FAILED_STARTS) {
      const reason = unstartableFault(why);
      this.#refuseQueued(reason);
      this.#preparations.refuseWaiting(reason);
    }
  }

  #refuseQueued(reason: Fault): void {
    for (let task = this.#queue.take(); task !== undefined; task = this.#queue.take()) task.settle(unmeasured(reason));
  }

  /** Ends a worker; what it had begun is answered with `reason`, what it had not goes back to the queue. */
  #replace(slot: WorkerSlot, reason: Fault): void {
    if (slot.dead || this.#closed) return;
    this.#takeBack(slot);
    slot.collect();
    // the last of what was collected may have had it replaced
    if (slot.dead) return;
    const { underWay } = slot.runs;
    for (const task of this.#workers.end(slot)) {
      this.#left(task);
      task.settle(unmeasured(reason, underWay?.task === task ? sharedNow() - underWay.began : 0));
    }
    this.replaced++;
    this.#preparations.failed(slot, reason);
    if (this.#failedStarts < FAILED_STARTS || this.workers === 0) this.#workers.replace();
    this.#wake();
  }

  /** Puts what a worker was handed and has not begun back into the queue, in its old order. */
  #takeBack(slot: WorkerSlot): void {
    const waiting = slot.runs.withdrawAll();
    for (const task of waiting.reverse()) {
      this.#left(task);
      this.#queue.putBack(task);
    }
  }

  /** What a worker has not begun goes elsewhere, since it is not to be waited for. */
  #relieve(slot: WorkerSlot): void {
    this.#takeBack(slot);
    this.#wake();
  }

  #look(): void {
    const now = sharedNow();
    for (const slot of this.#workers.slots) {
      const wrong = complaint(slot, now);
      if (wrong === "stuck") {
        if (!this.#workers.hasIdle) continue;
        slot.longRun = slot.runs.underWay?.task;
        this.#takeBack(slot);
      } else if (wrong !== undefined) this.#replace(slot, wrong);
    }
    if (this.#waits) this.#wake();
    else if (this.running === 0 && !this.#watchdog.resting) this.#rest();
  }

  /** Lets the process end: nothing is under way. */
  #rest(): void {
    if (this.#preparations.underWay > 0) return;
    this.#watchdog.rest();
    this.#workers.wantSpare();
  }
}
