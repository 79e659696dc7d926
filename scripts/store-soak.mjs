// Runs modules in the store again and again and says what stays behind: node scripts/store-soak.mjs [runs] [guest…]
// after a build, by default 100 000 runs of each guest. Each WebAssembly memory reserves 8 to 10 GB of address space for
// its guards: on Linux the reservations are counted in /proc/self/maps, so that one that is not released shows at once.
// Exits 1 where memory is not flat. The suite does a short run of it (test/store/soak.test.ts).
import { readFileSync } from "node:fs";
import wabtFactory from "wabt";
import { builtStore } from "./built-store.mjs";
import { isStarted, numberFrom, refuseArguments, scriptArguments } from "./script-arguments.mjs";

const GIB = 2 ** 30;
const IN_FLIGHT = 8;
const SAMPLES = 20;

/** By how the store holds their memory: kept and zeroed, made anew because large, because it grew, or none. */
const GUESTS = {
  small: `(module (memory (export "memory") 4) (func (export "run") (result i32)
    (i32.store (i32.const 100) (i32.const 7)) (i32.load (i32.const 100))))`,
  large: `(module (memory (export "memory") 200) (func (export "run") (result i32)
    (i32.store (i32.const 13000000) (i32.const 7)) (i32.load (i32.const 13000000))))`,
  grows: `(module (memory (export "memory") 1) (func (export "run") (result i32)
    (drop (memory.grow (i32.const 30))) (i32.store (i32.const 1900000) (i32.const 7)) (i32.load (i32.const 1900000))))`,
  none: `(module (func (export "run") (result i32) i32.const 7))`,
  traps: `(module (memory (export "memory") 40) (func (export "run") (result i32) unreachable))`,
};

/** Resident bytes, virtual bytes, and how many reservations of over a gibibyte this process holds. */
export function footprint() {
  const rss = process.memoryUsage.rss();
  if (process.platform !== "linux") return { rss, virtual: 0, reservations: 0 };
  const virtual = Number(/VmSize:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  let reservations = 0;
  for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const [from, to] = line
      .split(" ")[0]
      .split("-")
      .map((text) => Number.parseInt(text, 16));
    if (to - from > GIB) reservations++;
  }
  return { rss, virtual, reservations };
}

/** Runs a guest so many times and answers the footprint at `SAMPLES` moments; the first are of a store that warms up. */
export async function soak(store, bytes, runs) {
  const loaded = store.load(bytes);
  if (!loaded.ok) throw new Error(loaded.fault.message);
  const input = { stdin: new Uint8Array(0) };
  const samples = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    let left = Math.ceil(runs / SAMPLES);
    const client = async () => {
      while (left-- > 0) {
        const outcome = await store.run(store.permit(loaded.module), input);
        const ended = outcome.kind === "exited" ? outcome.exitCode === 7 : outcome.fault.code === "wasm-trap";
        if (!ended) throw new Error(JSON.stringify(outcome));
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, client));
    samples.push(footprint());
  }
  return samples;
}

/** Reservations that may wait for the collector at once, in all workers: 600 are 6 TB of the 128 that there are. */
const MOST_RESERVATIONS = 600;
const MOST_GROWTH = 96 * 2 ** 20;

/**
 * Why memory is not flat: resident bytes, the median of the last quarter of samples beside that of the second; or more
 * reservations at any time than a collector leaves for later. Undefined where it is.
 */
export function growth(samples) {
  const median = (from, to) =>
    samples
      .slice(from * SAMPLES, to * SAMPLES)
      .map(({ rss }) => rss)
      .sort((a, b) => a - b)[Math.floor(((to - from) * SAMPLES) / 2)];
  const [before, after] = [median(0.25, 0.5), median(0.75, 1)];
  if (after - before > MOST_GROWTH) return `resident bytes grew from ${before} to ${after}`;
  const most = Math.max(...samples.map(({ reservations }) => reservations));
  return most > MOST_RESERVATIONS ? `${most} reservations are held` : undefined;
}

export async function guests() {
  const wabt = await wabtFactory();
  return Object.entries(GUESTS).map(([name, text]) => {
    const module = wabt.parseWat(name, text);
    const bytes = module.toBinary({}).buffer;
    module.destroy();
    return { name, bytes };
  });
}

if (isStarted(import.meta.url)) {
  const { positionals } = scriptArguments(import.meta.url, { allowPositionals: true });
  const [runs, ...names] = [numberFrom(positionals[0] ?? "100000", "the number of runs"), ...positionals.slice(1)];
  const unknown = names.find((name) => !Object.hasOwn(GUESTS, name));
  if (unknown !== undefined) refuseArguments(`no guest ${unknown}: name ${Object.keys(GUESTS).join(", ")}`);
  const { openStore } = await builtStore();
  const store = openStore();
  for (const { name, bytes } of (await guests()).filter(({ name }) => names.length === 0 || names.includes(name))) {
    const started = performance.now();
    const samples = await soak(store, bytes, runs);
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(`${name}: ${runs} runs in ${seconds.toFixed(1)} s\n`);
    for (const { rss, virtual, reservations } of [samples[0], samples[5], samples[10], samples.at(-1)]) {
      const sizes = `${(rss / 2 ** 20).toFixed(0)} MiB resident, ${(virtual / GIB).toFixed(0)} GiB virtual`;
      process.stdout.write(`  ${sizes}, ${reservations} reservations over 1 GiB\n`);
    }
    const grown = growth(samples);
    if (grown !== undefined) {
      process.stdout.write(`  NOT FLAT: ${grown}\n`);
      process.exitCode = 1;
    }
  }
  await store.close();
}
