// Times kernels in a process of its own, so that the engine's tier can be chosen by its flags. Reads a job (the path of a
// JSON file) and prints what it measured as JSON. For one kernel there are several copies of each variant, each compiled
// anew, since where code comes to lie moves its speed; all copies of all variants are run in turns.
import { readFileSync } from "node:fs";
import { distinct, openInstance } from "./instance.mjs";

/** A sample is at least this long, by repeated calls. */
const SAMPLE_MS = 2;
const MIN_ROUNDS = 5;
const WARM_UP_MS = 60;
const WARM_UP_CALLS = 5;

/** Milliseconds of processor time so far: unlike the clock it stands still while others have the processor. */
function now() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Calls until the optimizing compiler has had its chance; gives the fastest call's milliseconds. */
function warmUp(run, amount, tiersUp) {
  let [spent, fastest] = [0, Number.POSITIVE_INFINITY];
  for (let calls = 0; calls < 2 || (tiersUp && (calls < WARM_UP_CALLS || spent < WARM_UP_MS)); calls++) {
    const started = now();
    run(amount);
    const took = now() - started;
    spent += took;
    fastest = Math.min(fastest, took);
  }
  return fastest;
}

function measure(kernel, { rounds, copies, seconds, tiersUp }) {
  const { entry, amount, checked, variants } = kernel;
  const outcomes = [];
  const lanes = [];
  let fastest = Number.POSITIVE_INFINITY;
  for (const [index, { file, host }] of variants.entries()) {
    const bytes = readFileSync(file);
    for (let copy = 0; copy < copies; copy++) {
      const instance = openInstance(distinct(bytes, index * copies + copy), host, entry);
      const result = String(instance.run(checked));
      if (copy === 0) outcomes.push({ result, fuel: instance.consumed()?.toString() });
      fastest = Math.min(fastest, warmUp(instance.run, amount, tiersUp));
      lanes.push({ index, copy, run: instance.run, best: Number.POSITIVE_INFINITY });
    }
  }
  const repeats = Math.max(1, Math.ceil(SAMPLE_MS / fastest));
  const until = performance.now() + seconds * 1000;
  for (let round = 0; round < MIN_ROUNDS || (round < rounds && performance.now() < until); round++) {
    // Copy by copy, its variants side by side, beginning with another variant each round.
    const inTurn = lanes.toSorted(
      (a, b) => a.copy - b.copy || ((a.index + round) % variants.length) - ((b.index + round) % variants.length),
    );
    for (const lane of inTurn) {
      // Branch predictors still know the variant that ran before: by up to a fifth of the time of a short call.
      lane.run(amount);
      const started = now();
      for (let i = 0; i < repeats; i++) lane.run(amount);
      lane.best = Math.min(lane.best, (now() - started) / repeats);
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
