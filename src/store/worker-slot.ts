import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Outcome } from "../contract/outcome.ts";
import { CallChannel } from "./call-channel.ts";
import type { HostCallRequest } from "./host-call-client.ts";
import type { DeskAnswer } from "./host-call-desk.ts";
import { type HostCallBounds, type Note, SHARED_ANSWER_BYTES } from "./host-calls.ts";
import { COUNTER_MASK, FIGURE, INPUT_BYTES, MAILBOX_SLOTS, Mailbox, SLOT, WORD, WORKER } from "./mailbox.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import type { Reply } from "./preparations.ts";
import type { PreparedModule, RunTask } from "./run-task.ts";
import { sharedNow } from "./shared-clock.ts";
import type { ProtectedPath } from "./wasi/host.ts";

/** How workers are started. */
export interface WorkerOptions {
  readonly workerUrl: URL;
  readonly protectedPaths: readonly ProtectedPath[];
  readonly protectedNames: readonly string[];
  readonly hostCalls: readonly HostCallBounds[];
}

/** What a slot tells its pool. */
export interface SlotEvents {
  settled(slot: WorkerSlot, task: RunTask, outcome: Outcome): void;
  replied(slot: WorkerSlot, message: Reply): void;
  /** A guest waits for a host call; {@link WorkerSlot.answer} ends the wait. */
  called(slot: WorkerSlot, task: RunTask, request: HostCallRequest): void;
  /** Everything that had come was handled. */
  collected(slot: WorkerSlot): void;
  /** The thread ended by itself. */
  died(slot: WorkerSlot, why: string): void;
}

/** Work that is handed ahead to one worker at most, in microseconds: what a run may wait behind others unseen. */
const AHEAD_US = 2000;
/** Authorities that a worker remembers before it is told to forget them. */
const KNOWN_AUTHORITIES = 1024;
const FORGOTTEN_MODULES = 8;

/** One worker as the main thread sees it: hands it runs, collects what it answers, ends it. */
export class WorkerSlot {
  readonly mailbox = new Mailbox();
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #channel = new CallChannel();
  readonly #answers: MessagePort;
  readonly #events: SlotEvents;
  readonly #tasks: (RunTask | undefined)[] = new Array(MAILBOX_SLOTS).fill(undefined);
  readonly #modules = new Set<number>();
  readonly #authorities = new Set<number>();
  readonly #forgotten: number[] = [];
  #collected = 0;
  #nextSlot = 0;
  #ended: Promise<unknown> | undefined;
  /** True from its first message on. */
  ready = false;
  outstanding = 0;
  outstandingUs = 0;
  /** The module that it compiles or inspects: id of the request, or 0. */
  preparing = 0;
  preparingSince = 0;
  /** The host call that its run waits for, or 0, and whose run that is. */
  call = 0;
  caller: RunTask | undefined;
  /** Set while it is still at a run that was answered because its deadline was over. */
  overdue = false;
  /** The run that it is at for so long that nothing is to wait behind it. */
  longRun: RunTask | undefined;
  /** Runs that were ended by interrupt in this thread. */
  interrupted = 0;

  constructor(options: WorkerOptions, events: SlotEvents) {
    this.#events = events;
    const { port1, port2 } = new MessageChannel();
    const answers = new MessageChannel();
    const calls = options.hostCalls.map(({ name, requestBytes, answerBytes, callsPerRun }) => ({
      name,
      requestBytes,
      answerBytes,
      callsPerRun,
    }));
    const setup: WorkerSetup = {
      mailbox: this.mailbox.buffer,
      port: port2,
      protectedPaths: options.protectedPaths,
      protectedNames: options.protectedNames,
      hostCalls: { calls, answers: this.#channel.buffer, port: answers.port2 },
    };
    this.#port = port1;
    this.#answers = answers.port1;
    this.#answers.unref();
    this.#worker = new Worker(options.workerUrl, {
      workerData: setup,
      transferList: [port2, answers.port2],
      name: "tollgate-store",
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    });
    this.#worker.unref();
    port1.on("message", (message: FromWorker) => this.#receive(message));
    port1.unref();
    this.#worker.once("error", (error) => this.#end(error instanceof Error ? error.message : String(error)));
    this.#worker.once("exit", (code) => this.#end(`it exited with code ${code}`));
  }

  /** Whether it waits for others, or is waited for, so that another may work in its place. */
  get waits(): boolean {
    return this.call !== 0 || this.overdue;
  }

  get dead(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether another run may be handed to it now. */
  get available(): boolean {
    if (this.dead || this.preparing !== 0 || this.waits || this.longRun !== undefined) return false;
    if (this.outstanding === 0) return true;
    return (
      this.outstandingUs < AHEAD_US &&
      this.outstanding < MAILBOX_SLOTS - 1 &&
      this.#authorities.size < KNOWN_AUTHORITIES &&
      this.#forgotten.length < FORGOTTEN_MODULES
    );
  }

  /** Writes a run into the mailbox; {@link announce} wakes the worker for all that were written. False when full. */
  hand(task: RunTask): boolean {
    const slot = this.#freeSlot();
    if (slot < 0) return false;
    const prepared = task.prepared as PreparedModule;
    if (this.outstanding === 0) this.#forget();
    this.#introduce(task, prepared);
    const { mailbox } = this;
    mailbox.setFigure(slot, FIGURE.sequence, task.sequence);
    mailbox.setFigure(slot, FIGURE.module, prepared.id);
    mailbox.setFigure(slot, FIGURE.authority, task.authority.id);
    mailbox.setFigure(slot, FIGURE.entry, task.entry);
    if (task.stdin.length <= INPUT_BYTES) {
      mailbox.setFigure(slot, FIGURE.inputLength, task.stdin.length);
      mailbox.writeInput(slot, task.stdin);
    } else {
      mailbox.setFigure(slot, FIGURE.inputLength, -1);
      this.post({ kind: "input", slot, bytes: task.stdin });
    }
    this.#tasks[slot] = task;
    task.chargedUs = prepared.expectedUs;
    this.outstanding++;
    this.outstandingUs += task.chargedUs;
    mailbox.setState(slot, SLOT.handed);
    mailbox.hand(slot);
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
    if (this.#modules.delete(id)) this.#forgotten.push(id);
  }

  /**
   * When the run under way began, on the shared clock; undefined when none is. Exact: what the worker began since is
   * not mistaken for it.
   */
  get underWay(): { readonly task: RunTask; readonly began: number } | undefined {
    const sequence = this.mailbox.load(WORD.current);
    const { began } = this.mailbox;
    if (sequence === 0 || this.mailbox.load(WORD.current) !== sequence) return undefined;
    const task = this.#taskOf(sequence);
    return task === undefined ? undefined : { task, began };
  }

  /** The shortest deadline of what it was handed and has not answered; infinity where there is nothing. */
  get shortestDeadline(): number {
    let shortest = Number.POSITIVE_INFINITY;
    for (const task of this.#tasks) {
      if (task !== undefined) shortest = Math.min(shortest, task.authority.authority.limits.deadlineMs);
    }
    return shortest;
  }

  /** How long a task has run, in milliseconds; 0 when it is not what runs. */
  ranFor(task: RunTask): number {
    const { underWay } = this;
    return underWay?.task === task ? sharedNow() - underWay.began : 0;
  }

  /** Asks the worker to end the run at its next host call, also one that it waits in. */
  interrupt(task: RunTask): void {
    this.mailbox.cancel(task.sequence);
    this.#channel.wake();
  }

  /** Answers the host call that the worker waits in; one that nobody waits for any more is dropped. */
  answer(id: number, { bytes, isError }: DeskAnswer): void {
    if (this.dead || this.call !== id) return;
    this.call = 0;
    this.caller = undefined;
    if (bytes.length > SHARED_ANSWER_BYTES) this.#answers.postMessage({ id, bytes });
    this.#channel.answer(id, bytes, isError);
  }

  /** Takes back a run that was handed and not begun. */
  withdraw(task: RunTask): boolean {
    const slot = this.#tasks.indexOf(task);
    if (slot < 0 || !this.mailbox.claim(slot, SLOT.withdrawn)) return false;
    this.#release(slot, task);
    return true;
  }

  /** Takes back every run that was not begun, in the order in which they were handed. */
  withdrawAll(): RunTask[] {
    const held = this.#tasks.filter((task) => task !== undefined);
    return held.filter((task) => this.withdraw(task)).sort((a, b) => a.sequence - b.sequence);
  }

  holds(task: RunTask): boolean {
    return this.#tasks.includes(task);
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
    const lost = this.#tasks.filter((task) => task !== undefined);
    this.#tasks.fill(undefined);
    this.outstanding = 0;
    this.call = 0;
    this.caller = undefined;
    this.#ended ??= this.#worker.terminate();
    this.#port.close();
    this.#answers.close();
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
    const task = this.#taskOf(request.sequence);
    if (task === undefined || task.settled) return;
    this.call = request.id;
    this.caller = task;
    this.#events.called(this, task, request);
  }

  #noted(sequence: number, note: Note): void {
    const task = this.#taskOf(sequence);
    if (task === undefined || task.settled) return;
    try {
      if (note.kind === "progress") task.input.onProgress?.(note.progress);
      else task.input.onLog?.(note.line);
    } catch (error) {
      // the user's own: it must not end what the store is about
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #taskOf(sequence: number): RunTask | undefined {
    return this.#tasks.find((task) => task?.sequence === sequence);
  }

  #collectFinished(): void {
    const { mailbox } = this;
    while (mailbox.load(WORD.finished) !== this.#collected) {
      const slot = mailbox.finishedSlot(this.#collected);
      this.#collected = (this.#collected + 1) & COUNTER_MASK;
      const stdoutLength = mailbox.figure(slot, FIGURE.stdoutLength);
      this.#settle(slot, {
        kind: "exited",
        exitCode: mailbox.figure(slot, FIGURE.exitCode),
        stdout: mailbox.output(slot, 0, stdoutLength),
        stderr: mailbox.output(slot, stdoutLength, mailbox.figure(slot, FIGURE.stderrLength)),
        usage: {
          fuelConsumed: mailbox.figure(slot, FIGURE.fuelConsumed),
          memoryPeak: mailbox.figure(slot, FIGURE.memoryPeak),
          durationMs: mailbox.figure(slot, FIGURE.durationMs),
        },
      });
    }
  }

  #settle(slot: number, outcome: Outcome): void {
    const task = this.#tasks[slot];
    this.mailbox.setState(slot, SLOT.free);
    if (task === undefined) return;
    this.overdue = false;
    if (this.longRun === task) this.longRun = undefined;
    if (this.caller === task) {
      this.call = 0;
      this.caller = undefined;
    }
    this.#release(slot, task);
    this.#events.settled(this, task, outcome);
  }

  #release(slot: number, task: RunTask): void {
    this.#tasks[slot] = undefined;
    this.outstanding--;
    this.outstandingUs -= task.chargedUs;
  }

  /** A slot that is free on both sides, or −1. */
  #freeSlot(): number {
    for (let i = 0; i < MAILBOX_SLOTS; i++) {
      const slot = (this.#nextSlot + i) % MAILBOX_SLOTS;
      if (this.#tasks[slot] === undefined && this.mailbox.state(slot) === SLOT.free) {
        this.#nextSlot = slot + 1;
        return slot;
      }
    }
    return -1;
  }

  #introduce(task: RunTask, prepared: PreparedModule): void {
    if (!this.#modules.has(prepared.id)) {
      this.#modules.add(prepared.id);
      this.post({ kind: "module", id: prepared.id, module: prepared.module, shape: prepared.shape });
    }
    const { id, authority } = task.authority;
    if (!this.#authorities.has(id)) {
      this.#authorities.add(id);
      this.post({ kind: "authority", id, authority });
    }
  }

  #forget(): void {
    const authorities = this.#authorities.size >= KNOWN_AUTHORITIES;
    if (!authorities && this.#forgotten.length === 0) return;
    this.post({ kind: "forget", modules: this.#forgotten.splice(0), authorities });
    if (authorities) this.#authorities.clear();
  }

  #end(why: string): void {
    if (this.dead) return;
    this.#events.died(this, why);
  }
}
