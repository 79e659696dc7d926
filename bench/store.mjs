// The store alone. A run is: permit, hand-over to a worker, fresh metered instance, answer. Beside it stand a bare
// postMessage round trip to a worker, and the same module unmetered, instantiated and run on the calling thread. In turns
// within one run.
import { Worker } from "node:worker_threads";
import { builtStore } from "../scripts/built-store.mjs";
import { assembleText } from "./kernel-set.mjs";
import { median } from "./statistics.mjs";

const ROUNDS = 7;
const IN_FLIGHT = 64;
/** Writes "hello" into its memory and gives it back: as small as a guest with memory gets. */
const GUEST = `(module (memory (export "memory") 4) (data (i32.const 16) "hello")
  (func (export "execute") (param i32 i32) (result i64) (i64.const ${(16n << 32n) | 5n})))`;

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

async function runs(bytes) {
  const { openStore } = await builtStore();
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

export async function storeBench() {
  process.stdout.write(`${"".padEnd(56)} ${"tollgate".padStart(10)} ${"baseline".padStart(10)}\n`);
  await runs(await assembleText(GUEST));
}
