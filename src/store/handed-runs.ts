import { isShort } from "./expected-time.ts";
import { MAILBOX_SLOTS, type Mailbox, SLOT, WORD } from "./mailbox.ts";
import type { PreparedModule, RunTask } from "./run-task.ts";
import { sharedNow } from "./shared-clock.ts";

/** The run that a worker is at, and since when on the shared clock. */
export interface RunUnderWay {
  readonly task: RunTask;
  readonly began: number;
}

/**
 * The runs that one worker was handed and has not answered, each under its slot of the mailbox. Each is either the
 * worker's, once it began it, or can be withdrawn: never both.
 */
export class HandedRuns {
  readonly #mailbox: Mailbox;
  readonly #tasks: (RunTask | undefined)[] = new Array(MAILBOX_SLOTS).fill(undefined);
  #nextSlot = 0;
  count = 0;
  /** Of these, the ones that typically cost the main thread about as much as a worker. */
  short = 0;
  /** What they are expected to take, in microseconds. */
  expectedUs = 0;

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
  }

  /** A slot that is free on both sides, or −1. */
  freeSlot(): number {
    for (let i = 0; i < MAILBOX_SLOTS; i++) {
      const slot = (this.#nextSlot + i) % MAILBOX_SLOTS;
      if (this.#tasks[slot] === undefined && this.#mailbox.state(slot) === SLOT.free) {
        this.#nextSlot = slot + 1;
        return slot;
      }
    }
    return -1;
  }

  add(slot: number, task: RunTask, prepared: PreparedModule): void {
    this.#tasks[slot] = task;
    task.chargedUs = prepared.expectedUs;
    task.short = isShort(prepared);
    this.count++;
    if (task.short) this.short++;
    this.expectedUs += task.chargedUs;
  }

  /** Takes the run out of a slot; undefined where none is in it any more. */
  remove(slot: number): RunTask | undefined {
    const task = this.#tasks[slot];
    if (task === undefined) return undefined;
    this.#tasks[slot] = undefined;
    this.count--;
    if (task.short) this.short--;
    this.expectedUs -= task.chargedUs;
    return task;
  }

  /** Takes out all of them. */
  clear(): RunTask[] {
    const all = this.#all();
    this.#tasks.fill(undefined);
    this.count = 0;
    this.short = 0;
    this.expectedUs = 0;
    return all;
  }

  /** Takes back a run that was handed and not begun; false where the worker began it. */
  withdraw(task: RunTask): boolean {
    const slot = this.#tasks.indexOf(task);
    if (slot < 0 || !this.#mailbox.claim(slot, SLOT.withdrawn)) return false;
    this.remove(slot);
    return true;
  }

  /** Takes back every run that was not begun, in the order in which they were handed. */
  withdrawAll(): RunTask[] {
    return this.#all()
      .filter((task) => this.withdraw(task))
      .sort((a, b) => a.sequence - b.sequence);
  }

  has(task: RunTask): boolean {
    return this.#tasks.includes(task);
  }

  withSequence(sequence: number): RunTask | undefined {
    return this.#tasks.find((task) => task?.sequence === sequence);
  }

  /** The run under way, if one is. Exact: what the worker began since is not mistaken for it. */
  get underWay(): RunUnderWay | undefined {
    const sequence = this.#mailbox.load(WORD.current);
    const { began } = this.#mailbox;
    if (sequence === 0 || this.#mailbox.load(WORD.current) !== sequence) return undefined;
    const task = this.withSequence(sequence);
    return task === undefined ? undefined : { task, began };
  }

  /** Whether the worker is at a run that began before this moment on the shared clock; may be one run late. */
  atOneSince(moment: number): boolean {
    return this.#mailbox.load(WORD.current) !== 0 && this.#mailbox.began < moment;
  }

  /** How long a task has run, in milliseconds; 0 when it is not what runs. */
  ranFor(task: RunTask): number {
    const { underWay } = this;
    return underWay?.task === task ? sharedNow() - underWay.began : 0;
  }

  /** The shortest deadline of all, in milliseconds; infinity where there is none. */
  get shortestDeadline(): number {
    let shortest = Number.POSITIVE_INFINITY;
    for (const task of this.#tasks) {
      if (task !== undefined) shortest = Math.min(shortest, task.authority.authority.limits.deadlineMs);
    }
    return shortest;
  }

  #all(): RunTask[] {
    return this.#tasks.filter((task) => task !== undefined);
  }
}
