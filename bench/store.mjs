// The store alone. A run is: permit, hand-over to a worker, fresh metered instance, answer. Beside it stand a bare
// postMessage round trip to a worker, and the same module unmetered, instantiated and run on the calling thread. Then
// what metering costs code that is hot: kernels with it beside the same without. In turns within one run.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import wabtFactory from "wabt";
import { KERNELS } from "./kernels.mjs";

const ROUNDS = 7;
const IN_FLIGHT = 64;
/** Writes "hello" into its memory and gives it back: as small as a guest with memory gets. */
const GUEST = `(module (memory (export "memory") 4) (data (i32.const 16) "hello")
  (func (export "execute") (param i32 i32) (result i64) (i64.const ${(16n << 32n) | 5n})))`;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const line = (what, ours, theirs, unit) => {
  const ratios = ours.map((value, i) => value / theirs[i]);
  process.stdout.write(
    `${what.padEnd(56)} ${median(ours).toFixed(2).padStart(10)} ${median(theirs).toFixed(2).padStart(10)} ${unit.padEnd(7)} ratio ${median(ratios).toFixed(2)}\n`,
  );
};

/** Median microseconds of one at a time. */
async function roundTrip(call, count) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    await call();
    times.push((performance.now() - started) * 1000);
  }
  return median(times);
}

/** Calls a second with many in flight. */
async function rate(call, count) {
  let left = count;
  const started = performance.now();
  const client = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, client));
  return count / (performance.now() - started);
}

/** A worker that answers each message with the same, and a call that waits for the answer. */
function echo() {
  const source = `require("node:worker_threads").parentPort.on("message", (m) => require("node:worker_threads").parentPort.postMessage(m))`;
  const worker = new Worker(source, { eval: true });
  const waiting = [];
  worker.on("message", () => waiting.shift()());
  const call = () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      worker.postMessage({ bytes: new Uint8Array(64) });
    });
  return { call, close: () => worker.terminate() };
}

async function runs(wat) {
  const { openStore } = await import(new URL("../dist/store.js", import.meta.url).href);
  const bytes = wat(GUEST);
  const store = openStore();
  const { module } = store.load(bytes);
  const stdin = new Uint8Array(0);
  const compiled = new WebAssembly.Module(bytes);
  const { call: posted, close } = echo();
  const calls = {
    store: async () => {
      const outcome = await store.run(store.permit(module), { stdin });
      if (outcome.kind !== "exited") throw new Error(outcome.fault.message);
    },
    posted,
    plain: async () => {
      const { exports } = new WebAssembly.Instance(compiled);
      const at = Number(exports.execute(0, 0) >> 32n);
      if (new Uint8Array(exports.memory.buffer, at, 5).slice()[0] !== 104) throw new Error("not hello");
    },
  };
  const trips = { store: [], posted: [], plain: [] };
  const rates = { store: [], posted: [], plain: [] };
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of Object.keys(calls)) {
      const trip = await roundTrip(calls[name], 1000);
      const perMs = await rate(calls[name], 5000);
      if (round < 0) continue; // The first warms up.
      trips[name].push(trip);
      rates[name].push(perMs);
    }
  }
  await close();
  await store.close();
  line("store run, one at a time, beside a bare postMessage", trips.store, trips.posted, "µs");
  line("the same beside an unmetered run on this thread", trips.store, trips.plain, "µs");
  line("store runs, 64 in flight, beside bare postMessages", rates.store, rates.posted, "per ms");
  line("the same beside unmetered runs on this thread", rates.store, rates.plain, "per ms");
}

async function kernels(wat, meter) {
  for (const [name, { text, amount }] of Object.entries(KERNELS)) {
    const bytes = wat(text);
    const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.run;
    const metered = meter(bytes);
    if (plain(amount) !== metered(amount)) throw new Error(`${name} answers differently when metered`);
    const timed = (run) => {
      const started = performance.now();
      for (let i = 0; i < 20; i++) run(amount);
      return (performance.now() - started) / 20;
    };
    const ours = [];
    const theirs = [];
    for (let round = -3; round < 3 * ROUNDS; round++) {
      const [a, b] = [timed(metered), timed(plain)];
      if (round < 0) continue; // The optimizing compiler takes over.
      ours.push(a);
      theirs.push(b);
    }
    line(`kernel ${name}, metered beside unmetered`, ours, theirs, "ms");
  }
}

/** The meter, bundled from its source: the library does not give it away. */
async function loadMeter(folder) {
  const outfile = join(folder, "meter.mjs");
  const contents = `export { METER_EXPORTS, METER_MEMORY, meterModule } from "./src/store/meter/meter.ts";
    export { DEFAULT_MODULE_BOUNDS as bounds } from "./src/store/meter/bounds.ts";`;
  const resolveDir = new URL("..", import.meta.url).pathname;
  const stdin = { contents, resolveDir, loader: "ts" };
  await build({ stdin, outfile, bundle: true, format: "esm", platform: "node", logLevel: "error" });
  const { METER_EXPORTS, METER_MEMORY, meterModule, bounds } = await import(pathToFileURL(outfile).href);
  return (bytes) => {
    const answer = meterModule(bytes, { memoryPages: 256, bounds, allowedImports: () => false });
    if (!answer.ok) throw new Error(answer.fault.message);
    const { memory } = answer.module;
    const given = memory && new WebAssembly.Memory({ initial: memory.minPages, maximum: memory.maxPages });
    const imports = { [METER_MEMORY.module]: { [METER_MEMORY.name]: given } };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(answer.module.bytes), imports);
    return (amount) => {
      exports[METER_EXPORTS.fuel].value = 1_000_000_000_000n;
      return exports.run(amount);
    };
  };
}

export async function storeBench() {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  try {
    const wabt = await wabtFactory();
    const wat = (text) => {
      const module = wabt.parseWat("kernel.wat", text);
      try {
        return module.toBinary({}).buffer;
      } finally {
        module.destroy();
      }
    };
    process.stdout.write(`${"".padEnd(56)} ${"tollgate".padStart(10)} ${"baseline".padStart(10)}\n`);
    await runs(wat);
    await kernels(wat, await loadMeter(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
