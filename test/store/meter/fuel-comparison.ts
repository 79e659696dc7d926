import { createHash } from "node:crypto";
import { DEFAULT_MODULE_BOUNDS } from "../../../src/store/meter/bounds.ts";
import { METER_EXPORTS, METER_MEMORY, meterModule } from "../../../src/store/meter/meter.ts";
import { outOfFuel } from "../../../src/store/meter/out-of-fuel.ts";
import { COUNT_EXPORT, countingModule } from "./counting-module.ts";
import { exportedFunctions } from "./signatures.ts";

/** An argument or a result, as text: the number in decimal or `null`. */
export type Value = string;

/** One call of an export; every module's calls run one after the other on the same instance. */
export interface Call {
  readonly name: string;
  readonly args: readonly { readonly type: "i32" | "i64" | "f32" | "f64" | "ref"; readonly value: Value }[];
}

/** How a call ended. `fuel` says what it used where it completed; `limit` is the stack, all fuel, or the memory's cap. */
export type Ended =
  | { readonly end: "completed"; readonly fuel: number }
  | { readonly end: "trapped" | "limit"; readonly why: string };

/** What an implementation of the fuel rule made of a module: how each call ended, or why it runs none. */
export type Verdict =
  | { readonly calls: readonly Ended[] /** SHA-256 of the exported memory afterwards. */; readonly memory?: string }
  | { readonly refused: string };

/** Fuel of each call: more than a call of a comparison uses, little enough that a hang ends. */
export const COMPARISON_FUEL = 200_000_000;
/** Pages of 64 KiB that a memory may grow to in a comparison. */
export const COMPARISON_PAGES = 1024;

/** V8's own limit: where the oracle's tables end too. */
const ENGINE_TABLE_ELEMENTS = 10_000_000;

const TYPES: Readonly<Record<number, Call["args"][number]["type"]>> = {
  127: "i32",
  126: "i64",
  125: "f32",
  124: "f64",
  112: "ref",
  111: "ref",
};

/** A call of each export that JavaScript can call, with arguments drawn by `roll`. */
export function callsOf(bytes: Uint8Array, roll: (sides: number) => number): Call[] {
  return exportedFunctions(bytes)
    .filter(({ parameters, results }) => [...parameters, ...results].every((type) => TYPES[type] !== undefined))
    .map(({ name, parameters }) => ({
      name,
      args: parameters.map((parameter) => {
        const type = TYPES[parameter]!;
        return { type, value: type === "ref" ? "null" : String(roll(4) === 0 ? roll(2 ** 31) - 2 ** 30 : roll(40)) };
      }),
    }));
}

function javascript(call: Call): unknown[] {
  return call.args.map(({ type, value }) => {
    if (type === "ref") return null;
    return type === "i64" ? BigInt(value) : Number(value);
  });
}

/** Every import of the module as a function that does nothing and returns zero. */
function inertImports(module: WebAssembly.Module): Record<string, Record<string, unknown>> {
  const imports: Record<string, Record<string, unknown>> = {};
  for (const item of WebAssembly.Module.imports(module)) {
    imports[item.module] ??= {};
    (imports[item.module] as Record<string, unknown>)[item.name] = () => 0;
  }
  return imports;
}

/** The exports of a fresh instance, or why there is none. */
function instantiated(module: WebAssembly.Module, imports: Record<string, unknown>): WebAssembly.Exports | string {
  try {
    return new WebAssembly.Instance(module, imports as WebAssembly.Imports).exports;
  } catch (error) {
    return `it cannot be instantiated: ${error instanceof Error ? error.message : String(error)}`;
  }
}

interface Counter {
  reset(): void;
  used(): number;
  /** Whether the call met a limit that the rule does not know: all of its fuel, or the cap of the memory. */
  limited(thrown: unknown): boolean;
}

function settle(exports: WebAssembly.Exports, calls: readonly Call[], counter: Counter): Ended[] {
  return calls.map((call) => {
    counter.reset();
    try {
      exports[call.name](...javascript(call));
      if (counter.limited(undefined)) return { end: "limit", why: "a limit of the comparison" };
      return { end: "completed", fuel: counter.used() };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { end: error instanceof RangeError || counter.limited(error) ? "limit" : "trapped", why };
    }
  });
}

/** What the store's meter makes of the module. A start function runs first, with fuel of its own. */
export function byMeter(bytes: Uint8Array, calls: readonly Call[]): Verdict {
  const metered = meterModule(bytes, {
    memoryPages: COMPARISON_PAGES,
    bounds: { ...DEFAULT_MODULE_BOUNDS, tableElements: ENGINE_TABLE_ELEMENTS },
    allowedImports: () => true,
  });
  if (!metered.ok) return { refused: `${metered.fault.code}: ${metered.fault.message}` };
  const module = new WebAssembly.Module(metered.module.bytes);
  const { memory } = metered.module;
  const imports = inertImports(module);
  if (memory !== undefined) {
    const given = new WebAssembly.Memory({ initial: memory.minPages, maximum: memory.maxPages });
    imports[METER_MEMORY.module] = { [METER_MEMORY.name]: given };
  }
  const exports = instantiated(module, imports);
  if (typeof exports === "string") return { refused: exports };
  const fuel = exports[METER_EXPORTS.fuel] as WebAssembly.Global<bigint>;
  const growFailed = exports[METER_EXPORTS.growFailed] as WebAssembly.Global<number>;
  const counter: Counter = {
    reset: () => {
      fuel.value = BigInt(COMPARISON_FUEL);
      growFailed.value = 0;
    },
    used: () => COMPARISON_FUEL - Number(fuel.value),
    limited: (thrown) => outOfFuel(exports, thrown) || growFailed.value === 1,
  };
  counter.reset();
  if (metered.module.startFunction) {
    const [start] = settle(exports, [{ name: METER_EXPORTS.start, args: [] }], counter);
    if (start!.end !== "completed") return { refused: `its start function ended early: ${start!.why}` };
  }
  return { calls: settle(exports, calls, counter), ...hashed(exports) };
}

function hashed(exports: WebAssembly.Exports): { readonly memory?: string } {
  const memory = Object.values(exports).find((item) => item instanceof WebAssembly.Memory);
  if (memory === undefined || memory.buffer.byteLength > COMPARISON_PAGES * 65_536) return {};
  return { memory: createHash("sha256").update(new Uint8Array(memory.buffer)).digest("hex") };
}

/** What counting operator by operator gives ({@link countingModule}): the rule written down a second time. */
export function byCounting(bytes: Uint8Array, calls: readonly Call[]): Verdict {
  let counting: Uint8Array<ArrayBuffer>;
  try {
    counting = countingModule(bytes, COMPARISON_FUEL);
  } catch (error) {
    return { refused: `the oracle does not know it: ${error instanceof Error ? error.message : String(error)}` };
  }
  const module = new WebAssembly.Module(counting);
  const exports = instantiated(module, inertImports(module));
  if (typeof exports === "string") return { refused: exports };
  const count = exports[COUNT_EXPORT] as WebAssembly.Global<bigint>;
  const counter: Counter = {
    reset: () => {
      count.value = 0n;
    },
    used: () => Number(count.value),
    limited: () => false,
  };
  return { calls: settle(exports, calls, counter), ...hashed(exports) };
}

/** What came of comparing two verdicts on one module's calls. */
export interface Tally {
  equal: number;
  different: number;
  /** Calls that one completed and the other did not. */
  contradicted: number;
  /** Calls that did not complete in both, or that ran into a limit that is not part of the rule. */
  incomplete: number;
}

export function newTally(): Tally {
  return { equal: 0, different: 0, contradicted: 0, incomplete: 0 };
}

/** Compares call by call and answers a sentence for each difference; after one that met a limit, no further. */
export function compare(calls: readonly Call[], ours: Verdict, theirs: Verdict, tally: Tally): string[] {
  if ("refused" in ours || "refused" in theirs) return [];
  const differences: string[] = [];
  let whole = true;
  for (const [i, call] of calls.entries()) {
    const a = ours.calls[i]!;
    const b = theirs.calls[i]!;
    if (a.end === "limit" || b.end === "limit") {
      tally.incomplete += calls.length - i;
      whole = false;
      break;
    }
    if (a.end === "completed" && b.end === "completed") {
      if (a.fuel === b.fuel) tally.equal++;
      else {
        tally.different++;
        differences.push(`${call.name}(${call.args.map(({ value }) => value)}) used ${a.fuel} here, ${b.fuel} there`);
      }
    } else if (a.end === b.end) tally.incomplete++;
    else {
      tally.contradicted++;
      const said = (ended: Ended) => (ended.end === "completed" ? "completed" : `trapped: ${ended.why}`);
      differences.push(`${call.name} ${said(a)} here, ${said(b)} there`);
      whole = false;
      break;
    }
  }
  if (whole && ours.memory !== undefined && theirs.memory !== undefined && ours.memory !== theirs.memory) {
    tally.different++;
    differences.push("the memory afterwards is not the same");
  }
  return differences;
}
