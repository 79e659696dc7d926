import { type Fault, fault } from "../contract/fault.ts";
import { PROMPT_MS } from "./worker-set.ts";
import type { WorkerSlot } from "./worker-slot.ts";

/** How often it looks, in milliseconds. */
const WATCH_MS = 50;
/** Looks without anything under way after which it stops. */
const IDLE_LOOKS = 20;
/** What a module may take to meter and compile. */
const PREPARE_MS = 10_000;

/** Calls `look` from time to time while something is under way, and holds the process alive then, not when idle. */
export class Watchdog {
  readonly #look: () => void;
  readonly #idled: () => void;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  /** Looks since nothing is under way, or −1. */
  #idle = -1;

  /** `idled` is called when nothing was under way for a while, after which it stops. */
  constructor(look: () => void, idled: () => void) {
    this.#look = look;
    this.#idled = idled;
  }

  get resting(): boolean {
    return this.#idle >= 0;
  }

  /** Something is under way. */
  wake(): void {
    if (this.#timer === undefined) this.#timer = setInterval(() => this.#tick(), WATCH_MS);
    else if (this.#idle >= 0) this.#timer.ref();
    this.#idle = -1;
  }

  /** Something waits behind a run: looks once more after what a prompt one takes. */
  lookSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#look();
    }, PROMPT_MS).unref();
  }

  /** Nothing is under way: the process may end. */
  rest(): void {
    this.#timer?.unref();
    this.#idle = 0;
  }

  stop(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#look();
    if (this.#idle < 0 || ++this.#idle <= IDLE_LOOKS) return;
    this.stop();
    this.#idled();
  }
}

/** Why a worker must be ended, `"stuck"` when only what waits behind its run should go elsewhere, or nothing. */
export function complaint(slot: WorkerSlot, now: number): Fault | "stuck" | undefined {
  if (slot.preparing !== 0 && now - slot.preparingSince > PREPARE_MS) {
    const message = `module cannot be compiled within ${PREPARE_MS} ms: make it smaller`;
    return fault("store", "module-refused", message, { limit: PREPARE_MS });
  }
  const { underWay } = slot.runs;
  if (underWay === undefined || slot.runs.count < 2) return undefined;
  return now - underWay.began > PROMPT_MS ? "stuck" : undefined;
}
