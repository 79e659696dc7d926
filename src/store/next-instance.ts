import { MIB, WASM_PAGE } from "../contract/units.ts";
import type { GuestModule } from "./guest-run.ts";
import { KEPT_PAGES } from "./memory-shelf.ts";
import type { MemorySize } from "./messages.ts";
import { METER_MEMORY } from "./meter/meter.ts";

/** An instance in which nothing of the guest has run, with its memory. */
export interface FreshInstance {
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory | undefined;
}

/** What is held for a run that may not come, twice at most. */
const MOST_PAGES = (32 * MIB) / WASM_PAGE;
/** Runs that one memory serves: the engine lists its instances until a full collection, and a grow walks that list. */
const MOST_RUNS = 1000;

/** A memory that a run has left as it was at its end. */
interface Used {
  readonly memory: WebAssembly.Memory;
  readonly size: MemorySize;
  readonly runs: number;
}

/**
 * Holds the next instance of a module with a large memory, such as one that starts with a script evaluated: making it,
 * which is mostly the first touch of its memory, is then off the path of the next call. It is used for one run and never
 * again. At most one is held, of the module that ran last. Its memory may be that of an earlier run, which is wholly
 * zeroed before the instance is made on it: pages that were touched before cost much less than new ones.
 */
export class NextInstance {
  readonly #imports: WebAssembly.Imports;
  readonly #memoryImport: { [METER_MEMORY.name]: WebAssembly.Memory | undefined };
  #wanted: GuestModule | undefined;
  #held: { readonly guest: GuestModule; readonly fresh: FreshInstance } | undefined;
  #used: Used | undefined;
  /** How many runs the memory has served that was handed out last. */
  #runs = 0;

  /** `imports` holds `memoryImport` as what the metered module imports its memory from. */
  constructor(imports: WebAssembly.Imports, memoryImport: { [METER_MEMORY.name]: WebAssembly.Memory | undefined }) {
    this.#imports = imports;
    this.#memoryImport = memoryImport;
  }

  /** What was made ahead for this module, if anything; it is the caller's from then on. */
  take(guest: GuestModule): FreshInstance | undefined {
    this.#wanted = isLarge(guest.shape.memory) ? guest : undefined;
    const held = this.#held;
    if (held?.guest !== guest) return undefined;
    this.#held = undefined;
    return held.fresh;
  }

  /** Whether {@link make} has something to do. */
  get isDue(): boolean {
    return this.#wanted !== undefined && this.#held?.guest !== this.#wanted;
  }

  /** Makes the next instance of the module that ran last. What goes wrong goes wrong again in a run, which says so. */
  make(): void {
    const guest = this.#wanted;
    if (guest === undefined || !this.isDue) return;
    this.#wanted = undefined;
    this.#held = undefined;
    try {
      this.#held = { guest, fresh: this.instantiate(guest, undefined) };
    } catch {
      // no room, or data outside of the memory
    }
  }

  /** Takes the memory of a run that ended by itself, unless it grew; nothing else may use it. */
  giveBack({ shape }: GuestModule, memory: WebAssembly.Memory | undefined): void {
    const size = shape.memory;
    if (memory === undefined || size === undefined || !isLarge(size) || this.#runs >= MOST_RUNS) return;
    if (memory.buffer.byteLength === size.minPages * WASM_PAGE) this.#used = { memory, size, runs: this.#runs };
  }

  #memoryOf(size: MemorySize): WebAssembly.Memory {
    const used = this.#used;
    this.#used = undefined;
    this.#runs = 1;
    if (used === undefined || used.size.minPages !== size.minPages || used.size.maxPages !== size.maxPages)
      return new WebAssembly.Memory({ initial: size.minPages, maximum: size.maxPages });
    this.#runs = used.runs + 1;
    new Uint8Array(used.memory.buffer).fill(0);
    return used.memory;
  }

  /** Makes an instance now. The memory is the one given, or one of zeros where the module is to be given one. */
  instantiate(guest: GuestModule, given: WebAssembly.Memory | undefined): FreshInstance {
    const { memory: size } = guest.shape;
    const memory = given ?? (size === undefined ? undefined : this.#memoryOf(size));
    this.#memoryImport[METER_MEMORY.name] = memory;
    try {
      return { exports: new WebAssembly.Instance(guest.module, this.#imports).exports, memory };
    } finally {
      this.#memoryImport[METER_MEMORY.name] = undefined;
    }
  }

  /** Gives up what is held, of a module that is forgotten or of one that nobody calls any more. */
  drop(): void {
    this.#held = undefined;
    this.#wanted = undefined;
    this.#used = undefined;
  }
}

/** Whether a memory is kept for its module's next instance, and not on the shelf. */
export function isLarge(size: MemorySize | undefined): boolean {
  return size !== undefined && size.minPages > KEPT_PAGES && size.minPages <= MOST_PAGES;
}
