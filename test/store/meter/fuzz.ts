import { DEFAULT_MODULE_BOUNDS } from "../../../src/store/meter/bounds.ts";
import { meterModule } from "../../../src/store/meter/meter.ts";
import { byCounting, byMeter, COMPARISON_PAGES, callsOf, compare, newTally, type Tally } from "./fuel-comparison.ts";
import { wat } from "./metered-run.ts";
import { dice, mutate } from "./mutation.ts";
import { randomModule } from "./random-module.ts";

/** What the fuzzer found wrong with the meter, and the module that shows it. */
export interface Find {
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** What rounds came to. */
export interface FuzzCounts {
  rounds: number;
  /** Modules that the engine accepts. */
  valid: number;
  /** Of those, by the code of the fault: what the store refused. */
  refused: number;
  readonly calls: Tally;
}

export function newCounts(): FuzzCounts {
  return { rounds: 0, valid: 0, refused: 0, calls: newTally() };
}

const CODES = new Set(["module-invalid", "module-refused", "import-refused", "memory-limit-exceeded"]);
/** Largest module that is also run: the oracle is slow. */
const RUN_BYTES = 200_000;

/** The first modules that are mutated: some of the generator's, beside what is given. */
export function fuzzCorpus(given: readonly Uint8Array[]): Uint8Array[] {
  return [...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => wat(randomModule(seed).plain)), ...given];
}

/** The module of a round: the same for the same seed, round and corpus. */
export function fuzzModule(seed: number, round: number, corpus: readonly Uint8Array[]): Uint8Array {
  const roll = dice((seed * 0x9e37_79b1) ^ round);
  if (roll(25) === 0) return wat(randomModule(roll(2 ** 31)).plain);
  return mutate(corpus[roll(corpus.length)]!, corpus[roll(corpus.length)]!, roll);
}

/**
 * Holds the meter to what it promises of any bytes, and answers what was found wrong with them: it never throws; what it
 * accepts, the engine accepts as well, before and after; what the engine accepts, it accepts or refuses by a fault that is
 * not "invalid"; and calls of every export end the same, with the same memory and the fuel that counting one by one gives.
 */
export function fuzzCheck(bytes: Uint8Array, counts: FuzzCounts): Find | undefined {
  counts.rounds++;
  const valid = WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>);
  if (valid) counts.valid++;
  let answer: ReturnType<typeof meterModule>;
  try {
    answer = meterModule(bytes, {
      memoryPages: COMPARISON_PAGES,
      bounds: DEFAULT_MODULE_BOUNDS,
      allowedImports: () => true,
    });
  } catch (error) {
    return { what: `the meter threw: ${error instanceof Error ? error.stack : String(error)}`, bytes };
  }
  if (!answer.ok) {
    if (valid) counts.refused++;
    const { code, message } = answer.fault;
    if (!CODES.has(code)) return { what: `refused as ${code}: ${message}`, bytes };
    if (valid && code === "module-invalid") {
      return { what: `refused as invalid, which the engine does not find: ${message}`, bytes };
    }
    return undefined;
  }
  if (!valid) return { what: "accepted, and the engine says that it is not valid", bytes };
  if (!WebAssembly.validate(answer.module.bytes)) {
    let why = "";
    try {
      new WebAssembly.Module(answer.module.bytes);
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    return { what: `valid before, and not after metering: ${why}`, bytes };
  }
  if (bytes.length > RUN_BYTES) return undefined;
  const calls = callsOf(bytes, dice(bytes.length));
  const [difference] = compare(calls, byMeter(bytes, calls), byCounting(bytes, calls), counts.calls);
  return difference === undefined ? undefined : { what: difference, bytes };
}

/** Makes a find smaller, by leaving out run after run of bytes as long as it stays a find of the same kind, for 10 s. */
export function minimised(find: Find): Find {
  const end = performance.now() + 10_000;
  const kind = find.what.slice(0, 24);
  let best = find;
  for (let size = 64; size >= 1; size = size >> 1) {
    for (let at = 8; at < best.bytes.length && performance.now() < end; at += size) {
      const shorter = Uint8Array.from([...best.bytes.subarray(0, at), ...best.bytes.subarray(at + size)]);
      const again = fuzzCheck(shorter, newCounts());
      if (again?.what.slice(0, 24) !== kind) continue;
      best = again;
      at -= size;
    }
  }
  return best;
}
