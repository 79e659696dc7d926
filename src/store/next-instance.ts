import { WASM_PAGE } from "../contract/units.ts";
import type { GuestModule } from "./guest-run.ts";
import { KEPT_PAGES } from "./memory-shelf.ts";
import { METER_MEMORY } from "./meter/meter.ts";

/** An instance in which nothing of the guest has run, with its memory. */
export interface FreshInstance {
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory | undefined;
}

/** What is held for a run that may not come. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Holds the next instance of a module whose memory is too large to be used again, such as one that starts with a script
 * evaluated: making it, which is mostly the first touch of its memory, is then off the path of the next call. It is
 * used for one run and never again. At most one is held, of the module that ran last.
 */
export class NextInstance {
  readonly #imports: WebAssembly.Imports;
  readonly #memoryImport: { [METER_MEMORY.name]: WebAssembly.Memory | undefined };
  #wanted: GuestModule | undefined;
  #held: { readonly guest: GuestModule; readonly fresh: FreshInstance } | undefined;

  /** `imports` holds `memoryImport` as what the metered module imports its memory from. */
  constructor(imports: WebAssembly.Imports, memoryImport: { [METER_MEMORY.name]: WebAssembly.Memory | undefined }) {
    this.#imports = imports;
    this.#memoryImport = memoryImport;
  }

  /** What was made ahead for this module, if anything; it is the caller's from then on. */
  take(guest: GuestModule): FreshInstance | undefined {
    const { memory } = guest.shape;
    const worthwhile =
      memory !== undefined && memory.minPages > KEPT_PAGES && memory.minPages * WASM_PAGE <= MOST_BYTES;
    this.#wanted = worthwhile ? guest : undefined;
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

  /** Makes an instance now. The memory is the one given, or a new one where the module is to be given one. */
  instantiate(guest: GuestModule, given: WebAssembly.Memory | undefined): FreshInstance {
    const { memory: size } = guest.shape;
    const memory =
      given ??
      (size === undefined ? undefined : new WebAssembly.Memory({ initial: size.minPages, maximum: size.maxPages }));
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
  }
}
