import { MIB, WASM_PAGE } from "../contract/units.ts";
import type { MemorySize } from "./messages.ts";

/** Larger memories are made anew each time: to zero them costs about what it saves, and they are room held for nothing. QuickJS starts with 1.1 MiB. */
export const KEPT_PAGES = (2 * MIB) / WASM_PAGE;
/** Sizes of which one memory each is kept. */
const KEPT_SIZES = 8;
/** Runs that one memory serves: the engine lists its instances until a full collection, and a grow walks that list. */
const MOST_RUNS = 1000;

interface Shelved {
  readonly memory: WebAssembly.Memory;
  /** All of it. Detached by any `memory.grow`, also of no pages. */
  readonly bytes: Uint8Array;
  readonly key: number;
  runs: number;
}

/**
 * Gives each run a memory that is fresh, or that was wholly zeroed after its last run: nothing of an earlier run is in
 * it. To make one costs system calls, page faults and a part of a full collection, 60 to 200 µs together; to zero one of
 * 256 KiB costs 3 µs. Serves one run at a time, so that one memory of each size is all that is kept.
 */
export class MemoryShelf {
  /** By size and maximum, least recently used first. */
  readonly #shelved = new Map<number, Shelved>();
  #taken: Shelved | undefined;

  /**
   * A memory of `minPages` zero pages that may grow to `maxPages`. One that was taken before and not put back is given
   * up. Throws a RangeError where the engine has no room for another.
   */
  take({ minPages, maxPages }: MemorySize): WebAssembly.Memory {
    const key = minPages * 0x2_0000 + maxPages;
    this.#taken = this.#shelved.get(key);
    if (this.#taken !== undefined) {
      this.#shelved.delete(key);
      return this.#taken.memory;
    }
    const memory = new WebAssembly.Memory({ initial: minPages, maximum: maxPages });
    if (minPages <= KEPT_PAGES) this.#taken = { memory, bytes: new Uint8Array(memory.buffer), key, runs: 0 };
    return memory;
  }

  /**
   * Zeroes the memory that was taken and keeps it, unless it grew. Only for runs that ended by themselves: after an
   * interrupt of the thread the memory is left to the collector, by not calling this.
   */
  putBack(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken === undefined || ++taken.runs >= MOST_RUNS || taken.memory.buffer !== taken.bytes.buffer) return;
    taken.bytes.fill(0);
    this.#shelved.set(taken.key, taken);
    if (this.#shelved.size <= KEPT_SIZES) return;
    for (const oldest of this.#shelved.keys()) {
      this.#shelved.delete(oldest);
      return;
    }
  }

  /** Leaves the memory that was taken to the collector. */
  giveUp(): void {
    this.#taken = undefined;
  }
}
