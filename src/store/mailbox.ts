import { KIB } from "../contract/units.ts";

/** Runs that one worker can hold at once, the running one included. */
export const MAILBOX_SLOTS = 32;
/** Largest input that travels in shared memory; a larger one is posted. */
export const INPUT_BYTES = 8 * KIB;
/** Largest stdout and stderr together that travel in shared memory; larger ones are transferred. */
export const OUTPUT_BYTES = 32 * KIB;

/** Words of the control block. Written by both sides, always through Atomics. */
export const WORD = {
  /** Counts what the main thread announced; the worker sleeps on it. */
  wake: 0,
  /** How the worker is to be woken, see {@link WORKER}. */
  worker: 1,
  /** Messages posted to the worker's port so far. */
  posted: 2,
  /** Slots handed to the worker so far; the ring of slot numbers follows. */
  handed: 3,
  /** Slots that the worker finished so far. */
  finished: 4,
  /** 1 while a message that wakes the main thread is under way. */
  calling: 5,
  /** Sequence number of the run under way, or 0. */
  current: 6,
  /** Sequence number of the run to be cancelled, or 0. */
  cancel: 7,
} as const;

/** Values of `WORD.worker`. */
export const WORKER = { awake: 0, waiting: 1, listening: 2 } as const;

/** Where a slot's run stands. Whoever changes `handed` by compare-and-exchange owns the run: begun or withdrawn. */
export const SLOT = { free: 0, handed: 1, begun: 2, withdrawn: 3, done: 4 } as const;

/** Figures of a slot, as doubles. The worker writes its answer over the request. */
export const FIGURE = {
  sequence: 0,
  module: 1,
  authority: 2,
  entry: 3,
  /** Bytes of input in the slot, or −1 when they were posted. */
  inputLength: 4,
  exitCode: 5,
  fuelConsumed: 6,
  memoryPeak: 7,
  durationMs: 8,
  stdoutLength: 9,
  stderrLength: 10,
} as const;

const WORDS = 8;
const FIGURES = 12;
const HANDED_RING = WORDS;
const FINISHED_RING = HANDED_RING + MAILBOX_SLOTS;
const STATES = FINISHED_RING + MAILBOX_SLOTS;
const INT_BYTES = (STATES + MAILBOX_SLOTS) * 4;
const BEGAN_AT = Math.ceil(INT_BYTES / 64) * 64;
const FIGURES_AT = BEGAN_AT + 64;
const INPUT_AT = FIGURES_AT + MAILBOX_SLOTS * FIGURES * 8;
const OUTPUT_AT = INPUT_AT + MAILBOX_SLOTS * INPUT_BYTES;
const TOTAL = OUTPUT_AT + MAILBOX_SLOTS * OUTPUT_BYTES;

/**
 * The shared memory between the main thread and one worker: runs go in and come out without a message, so that a run
 * costs the main thread a copy and, when the worker sleeps, one wake. Single producer and single consumer each way.
 */
export class Mailbox {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly #figures: Float64Array;
  readonly #began: Float64Array;
  readonly #bytes: Uint8Array;

  constructor(buffer = new SharedArrayBuffer(TOTAL)) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, STATES + MAILBOX_SLOTS);
    this.#began = new Float64Array(buffer, BEGAN_AT, 1);
    this.#figures = new Float64Array(buffer, FIGURES_AT, MAILBOX_SLOTS * FIGURES);
    this.#bytes = new Uint8Array(buffer);
  }

  /**
   * When the run under way began, on {@link sharedNow}'s clock. Written before `WORD.current` says which run it is, so
   * that it belongs to that run where `current` was the same before and after it was read.
   */
  get began(): number {
    return this.#began[0] as number;
  }

  set began(time: number) {
    this.#began[0] = time;
  }

  load(word: number): number {
    return Atomics.load(this.words, word);
  }

  store(word: number, value: number): void {
    Atomics.store(this.words, word, value);
  }

  add(word: number): void {
    Atomics.add(this.words, word, 1);
  }

  /** Cancels the run with this sequence number, and wakes it where it sleeps. */
  cancel(sequence: number): void {
    this.store(WORD.cancel, sequence);
    Atomics.notify(this.words, WORD.cancel);
  }

  /** Whether the run under way is to end. */
  get cancelled(): boolean {
    const cancel = this.load(WORD.cancel);
    return cancel !== 0 && cancel === this.load(WORD.current);
  }

  /** The worker sleeps so many milliseconds, less when the run under way is cancelled. */
  sleep(milliseconds: number): void {
    const seen = this.load(WORD.cancel);
    if (!this.cancelled) Atomics.wait(this.words, WORD.cancel, seen, milliseconds);
  }

  state(slot: number): number {
    return Atomics.load(this.words, STATES + slot);
  }

  setState(slot: number, state: number): void {
    Atomics.store(this.words, STATES + slot, state);
  }

  /** Takes a handed slot, as `begun` or `withdrawn`; false when the other side was first. */
  claim(slot: number, as: number): boolean {
    return Atomics.compareExchange(this.words, STATES + slot, SLOT.handed, as) === SLOT.handed;
  }

  handedSlot(index: number): number {
    return Atomics.load(this.words, HANDED_RING + (index % MAILBOX_SLOTS));
  }

  finishedSlot(index: number): number {
    return Atomics.load(this.words, FINISHED_RING + (index % MAILBOX_SLOTS));
  }

  /** Appends a slot to the worker's order of work. */
  hand(slot: number): void {
    const at = this.load(WORD.handed);
    Atomics.store(this.words, HANDED_RING + (at % MAILBOX_SLOTS), slot);
    Atomics.store(this.words, WORD.handed, (at + 1) & COUNTER_MASK);
  }

  /** Appends a slot to what the main thread is to collect. */
  finish(slot: number): void {
    const at = this.load(WORD.finished);
    this.setState(slot, SLOT.done);
    Atomics.store(this.words, FINISHED_RING + (at % MAILBOX_SLOTS), slot);
    Atomics.store(this.words, WORD.finished, (at + 1) & COUNTER_MASK);
  }

  figure(slot: number, figure: number): number {
    return this.#figures[slot * FIGURES + figure] as number;
  }

  setFigure(slot: number, figure: number, value: number): void {
    this.#figures[slot * FIGURES + figure] = value;
  }

  writeInput(slot: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, INPUT_AT + slot * INPUT_BYTES);
  }

  /** A view, valid until the slot is finished. */
  input(slot: number, length: number): Uint8Array {
    return new Uint8Array(this.buffer, INPUT_AT + slot * INPUT_BYTES, length);
  }

  writeOutput(slot: number, stdout: Uint8Array, stderr: Uint8Array): void {
    const at = OUTPUT_AT + slot * OUTPUT_BYTES;
    if (stdout.length > 0) this.#bytes.set(stdout, at);
    if (stderr.length > 0) this.#bytes.set(stderr, at + stdout.length);
  }

  /** A copy of part of the output. */
  output(slot: number, offset: number, length: number): Uint8Array {
    const at = OUTPUT_AT + slot * OUTPUT_BYTES + offset;
    return this.#bytes.slice(at, at + length);
  }
}

/** Counters wrap where the ring's length divides them, so that `index % MAILBOX_SLOTS` stays right. */
export const COUNTER_MASK = 0x3fff_ffff;
