import { type Fault, fault } from "../contract/fault.ts";
import type { ModuleShape, Prepared } from "./messages.ts";
import type { ModuleBounds } from "./meter/bounds.ts";
import { DEFAULT_FEATURES, type FeatureSet } from "./meter/features.ts";
import { type MeteredModule, meterModule } from "./meter/meter.ts";
import { ENTRY_POINTS, type ModuleReport } from "./module-report.ts";
import { HOST_CALLS, WASI_FUNCTIONS } from "./wasi/import-names.ts";

const WASI_MODULE = "wasi_snapshot_preview1";
const HOST_MODULE = "tollgate";
const ALL_PAGES = 65_536;

/**
 * Meters and compiles a module that may import WASI preview1 and the listed host calls, nothing else: what else it
 * imports refuses it by name before the engine sees it. Answers a fault, never throws for what a module can cause.
 */
export function prepareModule(
  bytes: Uint8Array,
  options: {
    readonly memoryPages: number;
    readonly bounds: ModuleBounds;
    readonly hostCalls: readonly string[];
    readonly features?: FeatureSet;
  },
): Prepared | Fault {
  const allowed = new Set(options.hostCalls.filter((name) => HOST_CALLS.has(name)));
  const metered = meterModule(bytes, {
    memoryPages: options.memoryPages,
    bounds: options.bounds,
    features: options.features ?? DEFAULT_FEATURES,
    allowedImports: (module, name) =>
      module === WASI_MODULE ? WASI_FUNCTIONS.has(name) : module === HOST_MODULE && allowed.has(name),
  });
  if (!metered.ok) return metered.fault;
  try {
    const module = new WebAssembly.Module(metered.module.bytes);
    return { module, shape: shapeOf(metered.module), size: metered.module.bytes.length };
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError || error instanceof RangeError)) throw error;
    const why = error.message.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
    return fault("store", "module-refused", `module cannot be compiled: ${why}: make it smaller or rebuild it`);
  }
}

/** Says what a module imports, exports and needs, and what would keep it from running. */
export function inspectModule(
  bytes: Uint8Array,
  bounds: ModuleBounds,
  features: FeatureSet = DEFAULT_FEATURES,
): ModuleReport | Fault {
  const metered = meterModule(bytes, { memoryPages: ALL_PAGES, bounds, features, allowedImports: () => true });
  if (!metered.ok) return metered.fault;
  const { imports, exports, memory, startFunction } = metered.module;
  const warnings: string[] = [];
  for (const { module, name } of imports) {
    const known = module === WASI_MODULE ? WASI_FUNCTIONS.has(name) : module === HOST_MODULE && HOST_CALLS.has(name);
    if (!known) warnings.push(`imports ${shown(module)}.${shown(name)}, which no permit can grant`);
  }
  if (!ENTRY_POINTS.some((entry) => exports.some(({ kind, name }) => kind === "function" && name === entry))) {
    warnings.push("exports no entry point: _start, run or execute");
  }
  if (memory?.exported === undefined && imports.length > 0) {
    warnings.push("exports no memory, so that no host call can reach what it points to");
  }
  return { imports, exports, memory, startFunction, warnings };
}

function shapeOf(module: MeteredModule): ModuleShape {
  const { memory, importsMemory } = module;
  return {
    functions: module.exports.filter(({ kind }) => kind === "function").map(({ name }) => name),
    memoryExport: memory?.exported,
    memory: memory && importsMemory ? { minPages: memory.minPages, maxPages: memory.maxPages } : undefined,
    ownMemories: module.ownMemories,
    startFunction: module.startFunction,
  };
}

function shown(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "?").slice(0, 96);
}
