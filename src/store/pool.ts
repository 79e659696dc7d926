import { performance } from "node:perf_hooks";
import { type Fault, fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import { FairQueue } from "./fair-queue.ts";
import { WORD } from "./mailbox.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { type RunTask, unmeasured } from "./run-task.ts";
import { cancelledFault, deadlineFault, lostFault, shutdownFault } from "./trap.ts";
import { type WorkerOptions, WorkerSlot } from "./worker-slot.ts";

type Reply = Exclude<FromWorker, 0 | { kind: "outcome" }>;
type Request = Extract<ToWorker, { kind: "prepare" | "inspect" }>;

interface Job {
  readonly request: Request;
  readonly settle: (reply: Reply["result"]) => void;
}

/** How often the pool looks at what its workers do, in milliseconds. */
const WATCH_MS = 50;
/** What a run may take beyond its deadline before its worker is ended. */
const OVERSTAY_MS = 250;
/** What a module may take to meter and compile. */
const PREPARE_MS = 10_000;
/** What a cancelled run is given to end by itself. */
const CANCEL_MS = 10;
/** A worker that ran this long on one thing has its waiting runs handed to an idle one. */
const STUCK_MS = 40;
/** A thread that was interrupted so often is replaced: an interrupt may leave a descriptor open. */
const INTERRUPTS = 64;
/** Starts in a row that fail before everything that waits is refused. */
const FAILED_STARTS = 3;
const SPARE_DELAY_MS = 300;
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
  readonly #jobs: Job[] = [];
  readonly #jobsUnderWay = new Map<number, { readonly job: Job; readonly slot: WorkerSlot }>();
  #slots: WorkerSlot[] = [];
  #spare: WorkerSlot | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #idleTicks = 0;
  #dispatching = false;
  #closed = false;
  #failedStarts = 0;
  #nextJob = 1;
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
    return new Promise((settle) => {
      if (this.#closed) return settle(shutdownFault());
      this.#jobs.push({ request: make(this.#nextJob++), settle });
      this.#wake();
    });
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
    slot.mailbox.store(WORD.cancel, task.sequence);
    setTimeout(() => {
      if (slot.holds(task)) this.#replace(slot, cancelledFault());
    }, CANCEL_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#spareTimer);
    clearInterval(this.#watch);
    for (const slot of this.#slots) {
      slot.collect();
      for (const task of slot.terminate()) task.settle(unmeasured(shutdownFault()));
    }
    this.#spare?.terminate();
    for (let task = this.#queue.take(); task !== undefined; task = this.#queue.take()) {
      task.settle(unmeasured(shutdownFault()));
    }
    for (const job of this.#jobs.splice(0)) job.settle(shutdownFault());
    for (const { job } of this.#jobsUnderWay.values()) job.settle(shutdownFault());
    this.#jobsUnderWay.clear();
    const threads = [...this.#slots, ...(this.#spare === undefined ? [] : [this.#spare])].map((slot) => slot.gone);
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
      replied: (slot, message) => this.#replied(slot, message),
      collected: () => {
        this.#failedStarts = 0;
        if (this.#queue.length > 0 || this.#jobs.length > 0) this.#wake();
        else if (this.running === 0) this.#rest();
      },
      died: (slot, why) => this.#died(slot, why),
    });
  }

  /** Dispatches after everything that is ready to run has run, so that tasks that come together are handed together. */
  #wake(): void {
    if (this.#watch === undefined) this.#watch = setInterval(() => this.#look(), WATCH_MS);
    if (this.#idleTicks >= 0) this.#watch.ref();
    this.#idleTicks = -1;
    if (this.#dispatching) return;
    this.#dispatching = true;
    process.nextTick(() => {
      this.#dispatching = false;
      if (!this.#closed) this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#jobs.length > 0) {
      const slot = this.#leastLoaded((candidate) => candidate.preparing === 0);
      if (slot === undefined) break;
      this.#begin(slot, this.#jobs.shift() as Job);
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
    if ((this.#queue.length > 0 || this.#jobs.length > 0) && this.#slots.length < this.#size) this.#grow();
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
    if (this.#slots.some((slot) => !slot.ready)) return;
    this.#slots.push(this.#spare ?? this.#start());
    this.#spare = undefined;
    this.#wantSpare();
  }

  #wantSpare(): void {
    if (this.#spare !== undefined || this.#spareTimer !== undefined || this.#closed) return;
    this.#spareTimer = setTimeout(() => {
      this.#spareTimer = undefined;
      this.#spare ??= this.#start();
    }, SPARE_DELAY_MS);
    this.#spareTimer.unref();
  }

  #begin(slot: WorkerSlot, job: Job): void {
    slot.preparing = job.request.id;
    slot.preparingSince = performance.now();
    this.#jobsUnderWay.set(job.request.id, { job, slot });
    slot.post(job.request);
    slot.announce();
  }

  #replied(slot: WorkerSlot, message: Reply): void {
    const found = this.#jobsUnderWay.get(message.id);
    slot.preparing = 0;
    this.#jobsUnderWay.delete(message.id);
    found?.job.settle(message.result);
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
    if (slot === this.#spare) {
      this.#spare = undefined;
      slot.terminate();
      return;
    }
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
      for (const job of this.#jobs.splice(0)) job.settle(reason);
    }
  }

  /** Ends a worker; what it had begun is answered with `reason`, what it had not goes back to the queue. */
  #replace(slot: WorkerSlot, reason: Fault): void {
    if (slot.dead || this.#closed) return;
    const waiting = slot.withdrawAll();
    this.running -= waiting.length;
    for (const task of waiting.reverse()) this.#queue.putBack(task);
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
    for (const [id, { job, slot: holder }] of this.#jobsUnderWay) {
      if (holder !== slot) continue;
      this.#jobsUnderWay.delete(id);
      job.settle(reason);
    }
    if (this.#failedStarts < FAILED_STARTS || this.#slots.length === 0) this.#slots.push(this.#spare ?? this.#start());
    this.#spare = undefined;
    this.#wantSpare();
    this.#wake();
  }

  #look(): void {
    const now = performance.now();
    for (const slot of [...this.#slots]) this.#lookAt(slot, now);
    if (this.#queue.length > 0 || this.#jobs.length > 0) this.#wake();
    else if (this.running === 0 && this.#idleTicks < 0) this.#rest();
    if (this.#idleTicks >= 0 && ++this.#idleTicks > 20) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
  }

  #lookAt(slot: WorkerSlot, now: number): void {
    if (slot.preparing !== 0 && now - slot.preparingSince > PREPARE_MS) {
      const message = `module cannot be compiled within ${PREPARE_MS} ms: make it smaller`;
      this.#replace(slot, fault("store", "module-refused", message, { limit: PREPARE_MS }));
      return;
    }
    const current = slot.mailbox.load(WORD.current);
    if (current === 0 || current !== slot.seen) {
      slot.seen = current;
      slot.seenSince = now;
      return;
    }
    const { limits } = slot.taskOf(current)?.authority.authority ?? {};
    if (limits === undefined) return;
    if (now - slot.seenSince > limits.deadlineMs + OVERSTAY_MS) this.#replace(slot, deadlineFault(limits.deadlineMs));
    else if (now - slot.seenSince > STUCK_MS && slot.outstanding > 1 && this.#hasIdle()) {
      const waiting = slot.withdrawAll();
      this.running -= waiting.length;
      for (const task of waiting.reverse()) this.#queue.putBack(task);
    }
  }

  #hasIdle(): boolean {
    return this.#slots.length < this.#size || this.#slots.some((slot) => slot.ready && slot.outstanding === 0);
  }

  /** Lets the process end: nothing is under way. */
  #rest(): void {
    if (this.#jobsUnderWay.size > 0) return;
    this.#watch?.unref();
    this.#idleTicks = 0;
    this.#wantSpare();
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
