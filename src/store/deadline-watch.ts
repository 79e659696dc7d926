import { sharedNow } from "./shared-clock.ts";

/**
 * What a run may take beyond its deadline, in milliseconds, before it is answered without waiting for its worker; and
 * before that is replaced. The worker's own interrupt comes sooner where the machine is not busy; meanwhile another takes
 * its place.
 */
export const OVERSTAY_MS = 1;
export const REPLACE_MS = 100;
/** Timers of Node take no longer delay. */
const LONGEST_MS = 2 ** 31 - 1;

/** Wakes when the first deadline of all that runs is over. A run costs it a comparison. Holds no process alive. */
export class DeadlineWatch {
  readonly #look: (now: number) => number;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  /** `look` ends what is over and answers when the next look is due: infinity where nothing runs. */
  constructor(look: (now: number) => number) {
    this.#look = look;
  }

  /** Something ends at `at` at the earliest, on the shared clock. */
  expect(at: number): void {
    if (at >= this.#at) return;
    this.#at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#expire(), Math.min(LONGEST_MS, Math.max(1, Math.ceil(at - sharedNow()))));
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#at = Number.NEGATIVE_INFINITY;
  }

  #expire(): void {
    this.#at = Number.POSITIVE_INFINITY;
    this.expect(this.#look(sharedNow()));
  }
}
