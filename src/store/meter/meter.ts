import { type Fault, fault } from "../../contract/fault.ts";
import { WASM_PAGE } from "../../contract/units.ts";
import type { ModuleBounds } from "./bounds.ts";
import { emitModule } from "./emit.ts";
import { unsupportedByEngine, withinEngine } from "./engine-support.ts";
import { DEFAULT_FEATURES, type FeatureSet, FeatureUse, featureTitle } from "./features.ts";
import { type ExternKind, givenMemory, type ImportedItem, type ModuleLayout } from "./layout.ts";
import { Ledger } from "./ledger.ts";
import { memoryMaxima } from "./memory-caps.ts";
import { lackingEngine, Refusal } from "./refusal.ts";
import { decodeSections } from "./sections.ts";
import { walkBodies } from "./walk.ts";

/**
 * What the meter may let through. `memoryPages` is the cap of all linear memories together, in pages of 64 KiB, and with
 * garbage collection the cap of all that a run allocates. By default `features` is {@link DEFAULT_FEATURES}.
 */
export interface MeterOptions {
  readonly memoryPages: number;
  readonly bounds: ModuleBounds;
  readonly allowedImports: (module: string, name: string) => boolean;
  readonly features?: FeatureSet;
  /**
   * Which of the module's exports the metered one has; by default all. The engine makes a JavaScript function for each
   * exported function of each instance: QuickJS, which exports 480, is instantiated three times as fast without.
   */
  readonly keepsExport?: (name: string, kind: ExternKind) => boolean;
  /** Lets memories, tables, globals and tags be imported, which no limit then holds: for conformance tests alone. */
  readonly otherImports?: boolean;
}

/** A module that counts its own fuel. What is said of imports, exports and memory is the original's own view. */
export interface MeteredModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly imports: readonly ImportedItem[];
  readonly exports: readonly { readonly name: string; readonly kind: ExternKind }[];
  /** Memory 0, the one that host calls work on. */
  readonly memory:
    | { readonly minPages: number; readonly maxPages: number; readonly exported: string | undefined }
    | undefined;
  /** Whether each instance has to be given memory 0, as {@link METER_MEMORY}. */
  readonly importsMemory: boolean;
  /** Under which names the module exports the memories that it keeps to itself, in the order of their indices. */
  readonly ownMemories: readonly string[];
  readonly startFunction: boolean;
}

/**
 * Names that the metered module exports beside its own:
 * - `fuel`: mutable i64 global that the host sets before each run, and that says what is left once it ended
 * - `growFailed`: mutable i32 global, set to 1 by a `memory.grow` that failed
 * - `unreachable`: mutable i32 global, set to 1 before an `unreachable` of the module's own, which tells it from the
 *   meter's (`outOfFuel`)
 * - `memory`, `memory1` and so on: a memory that the host does not give, by its index, for the host to measure
 * - `start`: the start function, which instantiation no longer runs; absent without one
 */
export const METER_EXPORTS = {
  fuel: "tollgate:fuel",
  start: "tollgate:start",
  growFailed: "tollgate:grow-failed",
  unreachable: "tollgate:unreachable",
  memory: "tollgate:memory",
} as const;

/**
 * What the metered module of one that defines a memory imports beside its own: a memory of exactly `minPages` and
 * `maxPages`, all zero, which the host gives each instance. No module can import the name by itself: it is reserved.
 */
export const METER_MEMORY = { module: "tollgate:store", name: "memory" } as const;

/** The import by which a WASI program ends in good order from inside a call (preview 1). */
const EXIT_IMPORT = "proc_exit";

/** Kept between modules: metering is synchronous, and its arrays are the larger part of its fixed cost. */
const ledger = new Ledger();

/**
 * Rewrites a core module so that it counts fuel, to the unit as Wasmtime 49 does in every run that completes, and can
 * neither see nor name the counter; refuses with a fault whatever it does not know. Never throws.
 *
 * A memory that the module defines becomes the import {@link METER_MEMORY}; everything else keeps its index.
 *
 * Before each run the host sets the global `METER_EXPORTS.fuel` to the limit. Consumed is limit − global, once the run
 * came back or while it is in a host call. A run is valid only if `outOfFuel` says no: between two checks (function
 * entry, loop head, bulk operation of a length that is not a short constant) a run may go on for at most one function
 * body. Where the counter is too low at a check, it traps by `unreachable`. To end a run early from a host call, set the
 * global to a large negative number. On a trap, or where a host call other than `proc_exit` ends the run, the figure is
 * deterministic: at an `unreachable` or a throw it may include operators that were paid for and not reached, and at
 * another trap it is that of the last host call, since the counter is passed from function to function in a register.
 *
 * Cost: 0 for `nop`, `drop`, `block`, `loop`, `unreachable`, `return`, `else`, `end`; 1 for every other operator and
 * for each function entry; bulk operations + their length in bytes or elements, charged before; `memory.grow` and
 * `table.grow` + pages or elements where they succeed (Wasmtime 49.0.0, `default_operator_cost` and func_environ.rs).
 * Wasmtime charges 1 more to call a start function at instantiation: a host that calls `METER_EXPORTS.start` sets the
 * fuel first and takes that 1 itself.
 *
 * Faults: `module-refused` (a bound, with `{figure, size, limit}`, or an unsupported feature by name),
 * `memory-limit-exceeded`, `import-refused`, `module-invalid`. Bounds are checked before the engine sees the bytes.
 */
export function meterModule(
  given: Uint8Array,
  options: MeterOptions,
): { readonly ok: true; readonly module: MeteredModule } | { readonly ok: false; readonly fault: Fault } {
  // One class of array wherever the bytes come from: code that sees a Buffer as well is a good deal slower.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  try {
    const bounds = withinEngine(options.bounds);
    const use = new FeatureUse(options.features ?? DEFAULT_FEATURES);
    const layout = decodeSections(bytes, bounds, use, {
      allowed: options.allowedImports,
      otherKinds: options.otherImports === true,
      keepsExport: options.keepsExport ?? (() => true),
    });
    const maxima = memoryMaxima(layout.memories, options.memoryPages);
    const heapBytes = heapWithin(layout, options.memoryPages);
    const exits = layout.imports.some((item) => item.name === EXIT_IMPORT);
    walkBodies(layout, bounds, ledger, exits);
    if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) return { ok: false, fault: invalid(bytes, use) };
    const metered = emitModule(layout, ledger, METER_EXPORTS, METER_MEMORY, {
      memoryPages: maxima,
      tableElements: bounds.tableElements,
      heapBytes,
    });
    return {
      ok: true,
      module: {
        bytes: metered,
        imports: layout.imports,
        exports: layout.exports.map(({ name, kind }) => ({ name, kind })),
        memory: memoryOf(layout, maxima),
        importsMemory: givenMemory(layout) !== undefined,
        ownMemories: ownMemories(layout),
        startFunction: layout.start >= 0,
      },
    };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, fault: error.fault };
    throw error;
  } finally {
    ledger.release();
  }
}

function memoryOf(layout: ModuleLayout, maxima: readonly number[]): MeteredModule["memory"] {
  const first = layout.memories[0];
  if (first === undefined || layout.imported.memory > 0) return undefined;
  return { minPages: first.min, maxPages: maxima[0]!, exported: layout.exportedMemory };
}

function ownMemories(layout: ModuleLayout): string[] {
  const names = layout.memories.map((_, i) => `${METER_EXPORTS.memory}${i === 0 ? "" : i}`);
  return givenMemory(layout) === undefined ? names : names.slice(1);
}

/** What a run may allocate beside what instantiation does; undefined for a module without garbage collection. */
function heapWithin(layout: ModuleLayout, pages: number): number | undefined {
  if (!layout.use.used.has("gc")) return undefined;
  const limit = pages * WASM_PAGE;
  if (layout.constantBytes <= limit) return limit - layout.constantBytes;
  throw new Refusal(
    "memory-limit-exceeded",
    `module makes objects of ${layout.constantBytes} bytes to start, over the limit of ${limit}: raise its memory limit`,
    { size: layout.constantBytes, limit },
  );
}

/** The engine's own words on why the bytes are not valid; compiled again only to get them. */
function invalid(bytes: Uint8Array, use: FeatureUse): Fault {
  const lacking = unsupportedByEngine(use.used);
  if (lacking !== undefined) return lackingEngine(lacking, featureTitle(lacking)).fault;
  let why = "the engine gave no reason";
  try {
    new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    if (error instanceof Error) why = error.message.replace(/^WebAssembly\.Module\(\): /, "");
  }
  const plain = why.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
  return fault("store", "module-invalid", `module is not valid WebAssembly: ${plain}: rebuild it`);
}
