import initWabt from "wabt";
import { DEFAULT_MODULE_BOUNDS } from "../../../src/store/meter/bounds.ts";
import { DEFAULT_FEATURES, type FeatureSet } from "../../../src/store/meter/features.ts";
import { METER_EXPORTS, METER_MEMORY, type MeterOptions, meterModule } from "../../../src/store/meter/meter.ts";
import { outOfFuel } from "../../../src/store/meter/out-of-fuel.ts";

const wabt = await initWabt();

/** Everything that wabt can write; what the store accepts is the meter's to say. */
export function wat(text: string): Uint8Array<ArrayBuffer> {
  const features = {
    exceptions: true,
    mutable_globals: true,
    sat_float_to_int: true,
    sign_extension: true,
    simd: true,
    threads: true,
    multi_value: true,
    tail_call: true,
    bulk_memory: true,
    reference_types: true,
    multi_memory: true,
    memory64: true,
    extended_const: true,
    relaxed_simd: true,
  };
  const module = wabt.parseWat("test.wat", text, features);
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** Fuel that no test uses up. */
const PLENTY = 1_000_000_000_000;

export interface GuestCall {
  readonly name: string;
  readonly args?: readonly unknown[];
  /** Exports called first, with fuel that is not counted. */
  readonly before?: readonly string[];
  readonly memoryPages?: number;
  readonly fuel?: number;
  readonly imports?: WebAssembly.Imports;
  readonly features?: FeatureSet;
}

export interface GuestRun {
  /** The export's answer, or the thrown error's message behind `threw: `. */
  readonly result: unknown;
  readonly fuel: number;
  /** What the global held at the end: below zero means exhausted. */
  readonly left: number;
  readonly growFailed: boolean;
  readonly memory: ArrayBuffer;
}

export function options(memoryPages = 16, features = DEFAULT_FEATURES): MeterOptions {
  return { memoryPages, features, bounds: DEFAULT_MODULE_BOUNDS, allowedImports: () => true };
}

/** The metered bytes of a module that must be accepted. */
export function metered(bytes: Uint8Array, memoryPages = 16): Uint8Array<ArrayBuffer> {
  const answer = meterModule(bytes, options(memoryPages));
  if (!answer.ok) throw new Error(`${answer.fault.code}: ${answer.fault.message}`);
  return answer.module.bytes;
}

/** An instance of the metered module, its memory given as the host gives it. */
export function meteredInstance(
  bytes: Uint8Array,
  imports: WebAssembly.Imports = {},
  memoryPages = 16,
  features = DEFAULT_FEATURES,
): WebAssembly.Instance {
  const answer = meterModule(bytes, options(memoryPages, features));
  if (!answer.ok) throw new Error(`${answer.fault.code}: ${answer.fault.message}`);
  const { memory, importsMemory } = answer.module;
  const given =
    memory && importsMemory && new WebAssembly.Memory({ initial: memory.minPages, maximum: memory.maxPages });
  return new WebAssembly.Instance(new WebAssembly.Module(answer.module.bytes), {
    ...imports,
    [METER_MEMORY.module]: { [METER_MEMORY.name]: given },
  });
}

/** Meters the module, runs one export on a fresh instance and reads the meter. */
export function runMetered(bytes: Uint8Array, call: GuestCall): GuestRun {
  const { exports } = meteredInstance(bytes, call.imports, call.memoryPages, call.features);
  const meter = exports[METER_EXPORTS.fuel] as WebAssembly.Global<bigint>;
  meter.value = BigInt(PLENTY);
  for (const name of call.before ?? []) exports[name]();
  const limit = call.fuel ?? PLENTY;
  meter.value = BigInt(limit);
  let thrown: unknown;
  const result = settle(
    () => exports[call.name](...(call.args ?? [])),
    (error) => {
      thrown = error;
    },
  );
  const left = outOfFuel(exports, thrown) ? -1 : Number(meter.value);
  const growFailed = exports[METER_EXPORTS.growFailed].value === 1;
  return { result, fuel: limit - left, left, growFailed, memory: exports.memory?.buffer ?? new ArrayBuffer(0) };
}

/** The same call on the original module. */
export function runPlain(bytes: Uint8Array, call: GuestCall): { result: unknown; memory: ArrayBuffer } {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, call.imports ?? {});
  for (const name of call.before ?? []) exports[name]();
  const result = settle(() => exports[call.name](...(call.args ?? [])));
  return { result, memory: exports.memory?.buffer ?? new ArrayBuffer(0) };
}

function settle(run: () => unknown, caught: (error: unknown) => void = () => {}): unknown {
  try {
    return run();
  } catch (error) {
    caught(error);
    return `threw: ${error instanceof Error ? error.message : String(error)}`;
  }
}
