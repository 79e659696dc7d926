// Times kernels in a process of its own, so that the engine's tier can be chosen by its flags. Reads a job (the path of a
// JSON file) and prints what it measured as JSON. For one kernel there are several copies of each variant, each compiled
// anew, since where code comes to lie moves its speed by several per cent; all copies of all variants are run in turns.
import { readFileSync } from "node:fs";
import { distinct, openInstance } from "./instance.mjs";

/** A sample is at least this long, by repeated calls. */
const SAMPLE_MS = 2;
const WARM_UP_MS = 60;
const WARM_UP_CALLS = 5;

/** Calls until the optimizing compiler has had its chance; gives the fastest call's milliseconds. */
function warmUp(run, amount, tiersUp) {
  let [spent, fastest] = [0, Number.POSITIVE_INFINITY];
  for (let calls = 0; calls < 2 || (tiersUp && (calls < WARM_UP_CALLS || spent < WARM_UP_MS)); calls++) {
    const started = performance.now();
    run(amount);
    const took = performance.now() - started;
    spent += took;
    fastest = Math.min(fastest, took);
  }
  return fastest;
}

function measure(kernel, { rounds, copies, seconds, tiersUp }) {
  const { entry, amount, variants } = kernel;
  const outcomes = [];
  const lanes = [];
  let fastest = Number.POSITIVE_INFINITY;
  for (const [index, { file, host }] of variants.entries()) {
    const bytes = readFileSync(file);
    for (let copy = 0; copy < copies; copy++) {
      const instance = openInstance(distinct(bytes, copy), host, entry);
      const result = String(instance.run(amount));
      if (copy === 0) outcomes.push({ result, fuel: instance.consumed()?.toString() });
      fastest = Math.min(fastest, warmUp(instance.run, amount, tiersUp));
      lanes.push({ index, copy, run: instance.run, best: Number.POSITIVE_INFINITY });
    }
  }
  const repeats = Math.max(1, Math.ceil(SAMPLE_MS / fastest));
  const until = performance.now() + seconds * 1000;
  for (let round = 0; round < 3 || (round < rounds && performance.now() < until); round++) {
    // Copy by copy, its variants side by side, beginning with another variant each round.
    const inTurn = lanes.toSorted(
      (a, b) => a.copy - b.copy || ((a.index + round) % variants.length) - ((b.index + round) % variants.length),
    );
    for (const lane of inTurn) {
      const started = performance.now();
      for (let i = 0; i < repeats; i++) lane.run(amount);
      lane.best = Math.min(lane.best, (performance.now() - started) / repeats);
    }
  }
  return outcomes.map((outcome, index) => ({
    ...outcome,
    ms: lanes.filter((lane) => lane.index === index).map(({ best }) => best),
  }));
}

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const kernel of job.kernels) {
  process.stdout.write(`${JSON.stringify({ name: kernel.name, variants: measure(kernel, job) })}\n`);
}
