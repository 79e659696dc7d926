import { DEFAULT_MODULE_BOUNDS, type ModuleBounds } from "../../src/store/meter/bounds.ts";
import { FEATURES, featureSet } from "../../src/store/meter/features.ts";
import { METER_EXPORTS, METER_MEMORY, meterModule } from "../../src/store/meter/meter.ts";

/** More than any run takes, also one that is charged for an operation of 2⁶⁴ bytes before it fails. */
const PLENTY = 1n << 62n;
/** Enough for eight memories without a maximum, and for what the suite allocates. */
const ALL_PAGES = 16 * 65_536;
const ALL_FEATURES = featureSet(Object.fromEntries(FEATURES.map((feature) => [feature, true])));
/** So high that only the engine's own limits count, but for what takes minutes or gigabytes to compile. */
const BOUNDS = Object.fromEntries(
  Object.keys(DEFAULT_MODULE_BOUNDS).map((name) => [name, 50_000_000]),
) as unknown as ModuleBounds;
const WIDE_BOUNDS: ModuleBounds = {
  ...BOUNDS,
  blockDepth: 50_000,
  loopDepth: 50_000,
  imports: 100_000,
  functions: 100_000,
};

/** The meter refuses, by name, what the engine would run. */
export class Refused extends Error {}

/** One way to run modules, with its own instances of the host module `spectest`. */
export interface World {
  readonly name: "plain" | "metered";
  /** Compiles, links and starts a module; throws what the engine throws, or {@link Refused}. */
  instantiate(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Exports;
  /** Compiles alone. */
  compile(bytes: Uint8Array<ArrayBuffer>): void;
  readonly registry: Map<string, WebAssembly.Exports>;
}

export function plainWorld(): World {
  const registry = new Map([["spectest", spectest()]]);
  return {
    name: "plain",
    registry,
    instantiate: (bytes) => instance(new WebAssembly.Module(bytes), registry).exports,
    compile: (bytes) => void new WebAssembly.Module(bytes),
  };
}

export function meteredWorld(): World {
  const registry = new Map([["spectest", spectest()]]);
  return {
    name: "metered",
    registry,
    compile: (bytes) => void metered(bytes),
    instantiate(bytes) {
      const { module, compiled } = metered(bytes);
      const { memory } = module;
      const given =
        module.importsMemory && memory !== undefined
          ? new WebAssembly.Memory({ initial: memory.minPages, maximum: memory.maxPages })
          : undefined;
      const { exports } = instance(compiled, registry, { [METER_MEMORY.module]: { [METER_MEMORY.name]: given } });
      (exports[METER_EXPORTS.fuel] as WebAssembly.Global<bigint>).value = PLENTY;
      if (module.startFunction) exports[METER_EXPORTS.start]();
      return Object.fromEntries(Object.entries(exports).filter(([name]) => !name.startsWith("tollgate:")));
    },
  };
}

function metered(bytes: Uint8Array<ArrayBuffer>) {
  const answer = meterModule(bytes, {
    memoryPages: ALL_PAGES,
    bounds: WIDE_BOUNDS,
    features: ALL_FEATURES,
    allowedImports: () => true,
    otherImports: true,
  });
  if (answer.ok) {
    if (!WebAssembly.validate(answer.module.bytes)) throw new Error("the metered module is not valid");
    return { module: answer.module, compiled: new WebAssembly.Module(answer.module.bytes) };
  }
  if (answer.fault.code === "module-invalid") throw new WebAssembly.CompileError(answer.fault.message);
  throw new Refused(answer.fault.message);
}

function instance(
  module: WebAssembly.Module,
  registry: ReadonlyMap<string, WebAssembly.Exports>,
  more: WebAssembly.Imports = {},
): WebAssembly.Instance {
  // whoever names a module that was never registered gets a LinkError, as by any other name that is not there
  const imports: WebAssembly.Imports = { ...more };
  for (const { module: name } of WebAssembly.Module.imports(module)) imports[name] ??= registry.get(name) ?? {};
  return new WebAssembly.Instance(module, imports);
}

/** The module that the suite's scripts expect of a host. */
function spectest(): WebAssembly.Exports {
  const nothing = () => {};
  const table64 = () => {
    try {
      const type = { element: "anyfunc", initial: 10n, maximum: 20n, address: "i64" };
      return { table64: new WebAssembly.Table(type as unknown as { element: string; initial: number }) };
    } catch {
      return {};
    }
  };
  return {
    print: nothing,
    print_i32: nothing,
    print_i64: nothing,
    print_f32: nothing,
    print_f64: nothing,
    print_i32_f32: nothing,
    print_f64_f64: nothing,
    global_i32: 666,
    global_i64: 666n,
    global_f32: new WebAssembly.Global({ value: "f32" }, 666.6),
    global_f64: new WebAssembly.Global({ value: "f64" }, 666.6),
    table: new WebAssembly.Table({ element: "anyfunc", initial: 10, maximum: 20 }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
    ...table64(),
  };
}
