import { type Fault, fault } from "../contract/fault.ts";
import type { ModuleShape, Prepared } from "./messages.ts";
import type { ModuleBounds } from "./meter/bounds.ts";
import { DEFAULT_FEATURES, type FeatureSet } from "./meter/features.ts";
import { type MeteredModule, meterModule } from "./meter/meter.ts";
import { ALLOCATORS, ENTRY_POINTS, INITIALIZER, type ModuleReport, reportOn, shownImport } from "./module-report.ts";
import { HOST_CALLS, WASI_FUNCTIONS } from "./wasi/import-names.ts";

const WASI_MODULE = "wasi_snapshot_preview1";
const HOST_MODULE = "tollgate";
const ANSWER_READ = "answer_read";
const ALL_PAGES = 65_536;
/** Functions that the store calls; of a module's other exports it looks at the memory alone. */
const CALLED: ReadonlySet<string> = new Set([...ENTRY_POINTS, ...ALLOCATORS, INITIALIZER]);

/**
 * Meters and compiles a module that may import WASI preview1 and the listed host calls, nothing else: what else it
 * imports refuses it by name before the engine sees it. Answers a fault, never throws for what a module can cause.
 */
export function prepareModule(
  bytes: Uint8Array,
  options: {
    readonly memoryPages: number;
    readonly bounds: ModuleBounds;
    /** Host calls that are granted, and those that the store's user registered. */
    readonly hostCalls: readonly string[];
    readonly registered?: readonly string[];
    readonly features?: FeatureSet;
  },
): Prepared | Fault {
  const registered = new Set(options.registered ?? []);
  const granted = new Set(options.hostCalls);
  const allowed = new Set(options.hostCalls.filter((name) => HOST_CALLS.has(name) || registered.has(name)));
  if (options.hostCalls.some((name) => registered.has(name))) allowed.add(ANSWER_READ);
  let refused = "";
  const mayImport = (name: string): boolean => {
    if (!allowed.has(name)) refused ||= name;
    return allowed.has(name);
  };
  const metered = meterModule(bytes, {
    memoryPages: options.memoryPages,
    bounds: options.bounds,
    features: options.features ?? DEFAULT_FEATURES,
    keepsExport: (name, kind) => kind === "memory" || (kind === "function" && CALLED.has(name)),
    allowedImports: (module, name) =>
      module === WASI_MODULE ? WASI_FUNCTIONS.has(name) : module === HOST_MODULE && mayImport(name),
  });
  if (!metered.ok) return refused === "" ? metered.fault : refusedCall(refused, granted, registered);
  try {
    const module = new WebAssembly.Module(metered.module.bytes);
    return { module, shape: shapeOf(metered.module), size: metered.module.bytes.length };
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError || error instanceof RangeError)) throw error;
    const why = error.message.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
    return fault("store", "module-refused", `module cannot be compiled: ${why}: make it smaller or rebuild it`);
  }
}

/** Why a module may not import this host call: not granted, or granted and not there. */
function refusedCall(name: string, granted: ReadonlySet<string>, registered: ReadonlySet<string>): Fault {
  const known = HOST_CALLS.has(name) || registered.has(name) || name === ANSWER_READ;
  const why = granted.has(name) || !known ? "this store has no such host call" : "the permit does not grant it";
  const next = granted.has(name) || !known ? "register it where the store is opened" : "grant it or build without";
  return fault("store", "import-refused", `import "tollgate" "${shownImport(name)}" refused: ${why}: ${next}`);
}

/** Says what a module imports, exports and needs, and what would keep it from running. Nothing of it runs. */
export function inspectModule(
  bytes: Uint8Array,
  options: { readonly bounds: ModuleBounds; readonly registered: readonly string[]; readonly features?: FeatureSet },
): ModuleReport | Fault {
  const { bounds, features = DEFAULT_FEATURES } = options;
  const metered = meterModule(bytes, { memoryPages: ALL_PAGES, bounds, features, allowedImports: () => true });
  if (!metered.ok) return metered.fault;
  return reportOn(metered.module, bytes.length, new Set(options.registered));
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
