import { WASM_PAGE } from "../contract/units.ts";
import type { MeteredModule } from "./meter/meter.ts";
import { HOST_CALLS, WASI_FUNCTIONS } from "./wasi/import-names.ts";

/** Names that a module may be entered by, in the order in which they are looked for. */
export const ENTRY_POINTS = ["_start", "run", "execute"] as const;
/** Called first in a module without `_start`, where it is exported (WASI application ABI). */
export const INITIALIZER = "_initialize";
/** What `execute` may be given room by, in the order in which they are looked for. */
export const ALLOCATORS = ["alloc", "malloc"] as const;
export type EntryPoint = (typeof ENTRY_POINTS)[number];

/** What a module imports, exports and needs, found without running it. */
export interface ModuleReport {
  /** Bytes of the module, and of what it is rewritten to. */
  readonly size: number;
  readonly meteredSize: number;
  readonly imports: readonly { readonly module: string; readonly name: string; readonly kind: string }[];
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  /** The entry points that it exports, the one that a run takes first. */
  readonly entryPoints: readonly EntryPoint[];
  readonly memory:
    | { readonly minPages: number; readonly maxPages: number; readonly exported: string | undefined }
    | undefined;
  readonly startFunction: boolean;
  /** Functions of WASI preview1 that it imports, sorted. */
  readonly wasi: readonly string[];
  /** Functions of the module `tollgate` that it imports, sorted. */
  readonly hostCalls: readonly string[];
  readonly needs: ModuleNeeds;
  /** Sentences on what will keep the module from running, or from running well. */
  readonly warnings: readonly string[];
}

/**
 * What a permit must grant so that every import works. Without `hostCalls` and `memoryBytes` the module is refused; the
 * rest it may do without, since what was not granted answers an error. Many modules import more than they use.
 */
export interface ModuleNeeds {
  readonly hostCalls: readonly string[];
  /** Bytes of memory that it has from the start. */
  readonly memoryBytes: number;
  readonly filesystem: boolean;
  readonly clock: boolean;
  readonly random: boolean;
}

const WASI_MODULE = "wasi_snapshot_preview1";
const HOST_MODULE = "tollgate";
/** Comes with every host call that answers, and is not granted by itself. */
const ANSWER_READ = "answer_read";

/** Makes the report. `registered` are the host calls of the store's user. */
export function reportOn(module: MeteredModule, size: number, registered: ReadonlySet<string>): ModuleReport {
  const { imports, exports, memory, startFunction } = module;
  const of = (name: string): string[] =>
    [...new Set(imports.filter((item) => item.module === name).map((item) => item.name))].sort();
  const wasi = of(WASI_MODULE);
  const hostCalls = of(HOST_MODULE);
  const known = (name: string): boolean => HOST_CALLS.has(name) || registered.has(name) || name === ANSWER_READ;
  const entryPoints = ENTRY_POINTS.filter((entry) =>
    exports.some(({ kind, name }) => kind === "function" && name === entry),
  );
  const warnings: string[] = [];
  for (const { module, name } of imports) {
    const there = module === WASI_MODULE ? WASI_FUNCTIONS.has(name) : module === HOST_MODULE && known(name);
    if (!there) warnings.push(`imports ${shownImport(module)}.${shownImport(name)}, which no permit can grant`);
  }
  if (entryPoints.length === 0) warnings.push("exports no entry point: _start, run or execute");
  if (memory?.exported === undefined && imports.length > 0) {
    warnings.push("exports no memory, so that no host call can reach what it points to");
  }
  if (memory?.exported === undefined && entryPoints[0] === "execute") {
    warnings.push("exports execute and no memory, by which its input and output would pass");
  }
  return {
    size,
    meteredSize: module.bytes.length,
    imports,
    exports,
    entryPoints,
    memory,
    startFunction,
    wasi,
    hostCalls,
    needs: {
      hostCalls: hostCalls.filter((name) => name !== ANSWER_READ),
      memoryBytes: (memory?.minPages ?? 0) * WASM_PAGE,
      filesystem: wasi.some((name) => name.startsWith("path_") || name === "fd_prestat_get" || name === "fd_readdir"),
      clock: wasi.some((name) => name.startsWith("clock_") || name === "poll_oneoff"),
      random: wasi.includes("random_get"),
    },
    warnings,
  };
}

/** A name that a module chose, fit for a message. */
export function shownImport(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "?").slice(0, 96);
}
