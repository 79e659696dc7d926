import { type MessagePort, receiveMessageOnPort, type Worker } from "node:worker_threads";
import type { Outcome } from "../contract/outcome.ts";
import { CallChannel } from "./call-channel.ts";
import { HandedRuns } from "./handed-runs.ts";
import type { HostCallRequest } from "./host-call-client.ts";
import type { Note } from "./host-calls.ts";
import { Introductions } from "./introductions.ts";
import { COUNTER_MASK, MAILBOX_SLOTS, Mailbox, SLOT, WORD, WORKER } from "./mailbox.ts";
import { readExit, writeRun } from "./mailbox-records.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { deliverNote } from "./note-delivery.ts";
import { PendingHostCall } from "./pending-host-call.ts";
import type { Reply } from "./preparations.ts";
import type { PreparedModule, RunTask } from "./run-task.ts";
import { startWorkerThread, type WorkerOptions } from "./worker-thread.ts";

/** What a slot tells its pool. */
export interface SlotEvents {
  settled(slot: WorkerSlot, task: RunTask, outcome: Outcome): void;
  replied(slot: WorkerSlot, message: Reply): void;
  /** A guest waits for a host call; {@link PendingHostCall.answer} ends the wait. */
  called(slot: WorkerSlot, task: RunTask, request: HostCallRequest): void;
  /** Everything that had come was handled. */
  collected(slot: WorkerSlot): void;
  /** The thread ended by itself. */
  died(slot: WorkerSlot, why: string): void;
}

/** Work that is handed ahead to one worker at most, in microseconds: what a run may wait behind others unseen. */
const AHEAD_US = 2000;

/** One worker as the main thread sees it: hands it runs, collects what it answers, ends it. */
export class WorkerSlot {
  readonly mailbox = new Mailbox();
  /** What it was handed and has not answered. */
  readonly runs = new HandedRuns(this.mailbox);
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #events: SlotEvents;
  readonly #introductions = new Introductions((message) => this.post(message));
  /** The host call that its run waits for. */
  readonly hostCall: PendingHostCall;
  /** Slots of the mailbox that were collected so far. */
  #collected = 0;
  #ended: Promise<unknown> | undefined;
  /** True from its first message on. */
  ready = false;
  /** The module that it compiles or inspects: id of the request, or 0. */
  preparing = 0;
  preparingSince = 0;
  /** Set while it is still at a run that was answered because its deadline was over. */
  overdue = false;
  /** The run that it is at for so long that nothing is to wait behind it. */
  longRun: RunTask | undefined;
  /** Runs that were ended by interrupt in this thread. */
  interrupted = 0;

  constructor(options: WorkerOptions, events: SlotEvents) {
    this.#events = events;
    const channel = new CallChannel();
    const { worker, port, answers } = startWorkerThread(options, this.mailbox.buffer, channel.buffer);
    this.#worker = worker;
    this.#port = port;
    this.hostCall = new PendingHostCall(channel, answers);
    port.on("message", (message: FromWorker) => this.#receive(message));
    port.unref();
    worker.once("error", (error) => this.#end(error instanceof Error ? error.message : String(error)));
    worker.once("exit", (code) => this.#end(`it exited with code ${code}`));
  }

  /** Whether it waits for others, or is waited for, so that another may work in its place. */
  get waits(): boolean {
    return this.hostCall.caller !== undefined || this.overdue;
  }

  get dead(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether it is at short runs, and at none that began before `since`. */
  keepsUp(since: number): boolean {
    const { count, short } = this.runs;
    if (count === 0 || short < count || this.waits || this.longRun !== undefined) return false;
    return !this.runs.atOneSince(since);
  }

  /** Whether another run may be handed to it now. */
  get available(): boolean {
    if (this.dead || this.preparing !== 0 || this.waits || this.longRun !== undefined) return false;
    if (this.runs.count === 0) return true;
    return this.runs.expectedUs < AHEAD_US && this.runs.count < MAILBOX_SLOTS - 1 && !this.#introductions.full;
  }

  /** Writes a run into the mailbox; {@link announce} wakes the worker for all that were written. False when full. */
  hand(task: RunTask): boolean {
    const slot = this.runs.freeSlot();
    if (slot < 0) return false;
    const prepared = task.prepared as PreparedModule;
    if (this.runs.count === 0) this.#introductions.forget();
    this.#introductions.introduce(task, prepared);
    if (!writeRun(this.mailbox, slot, task, prepared)) this.post({ kind: "input", slot, bytes: task.stdin });
    this.runs.add(slot, task, prepared);
    this.mailbox.setState(slot, SLOT.handed);
    this.mailbox.hand(slot);
    return true;
  }

  post(message: ToWorker): void {
    this.#port.postMessage(message);
    this.mailbox.add(WORD.posted);
  }

  /** Wakes the worker if it sleeps. */
  announce(): void {
    const { mailbox } = this;
    mailbox.add(WORD.wake);
    const state = mailbox.load(WORD.worker);
    if (state === WORKER.waiting) Atomics.notify(mailbox.words, WORD.wake, 1);
    else if (state === WORKER.listening) this.post({ kind: "wake" });
  }

  /** Drops the module once nothing that was handed may need it. */
  forgetModule(id: number): void {
    this.#introductions.dropModule(id);
  }

  /** Asks the worker to end the run at its next host call, also one that it waits in. */
  interrupt(task: RunTask): void {
    this.mailbox.cancel(task.sequence);
    this.hostCall.wake();
  }

  /** Handles all that the worker answered so far, also what the event loop has not delivered yet. */
  collect(): void {
    for (;;) {
      const next = receiveMessageOnPort(this.#port);
      if (next === undefined) break;
      this.#take(next.message as FromWorker);
    }
    this.#collectFinished();
  }

  /** Ends the thread and answers the tasks that it had begun; the slot is of no use afterwards. */
  terminate(): RunTask[] {
    const lost = this.runs.clear();
    this.#ended ??= this.#worker.terminate();
    this.#port.close();
    this.hostCall.close();
    return lost;
  }

  /** Resolves when the thread is gone. */
  get gone(): Promise<unknown> {
    return this.#ended ?? Promise.resolve();
  }

  #receive(message: FromWorker): void {
    if (this.dead) return;
    this.#take(message);
    this.#collectFinished();
    this.#events.collected(this);
  }

  #take(message: FromWorker): void {
    this.ready = true;
    if (message === 0) {
      this.mailbox.store(WORD.calling, 0);
      return;
    }
    switch (message.kind) {
      case "outcome":
        this.#settle(message.slot, message.outcome);
        return;
      case "call":
        this.#called(message);
        return;
      case "note":
        this.#noted(message.sequence, message.note);
        return;
      default:
        this.#events.replied(this, message);
    }
  }

  #called(request: HostCallRequest): void {
    const task = this.runs.withSequence(request.sequence);
    if (task === undefined || task.settled) return;
    this.hostCall.wait(request.id, task);
    this.#events.called(this, task, request);
  }

  #noted(sequence: number, note: Note): void {
    const task = this.runs.withSequence(sequence);
    if (task !== undefined) deliverNote(task, note);
  }

  #collectFinished(): void {
    const { mailbox } = this;
    while (mailbox.load(WORD.finished) !== this.#collected) {
      const slot = mailbox.finishedSlot(this.#collected);
      this.#collected = (this.#collected + 1) & COUNTER_MASK;
      this.#settle(slot, readExit(mailbox, slot));
    }
  }

  #settle(slot: number, outcome: Outcome): void {
    const task = this.runs.remove(slot);
    this.mailbox.setState(slot, SLOT.free);
    if (task === undefined) return;
    this.overdue = false;
    if (this.longRun === task) this.longRun = undefined;
    this.hostCall.ended(task);
    this.#events.settled(this, task, outcome);
  }

  #end(why: string): void {
    if (this.dead) return;
    this.#events.died(this, why);
  }
}
