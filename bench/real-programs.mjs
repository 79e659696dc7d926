// What metering costs real programs (programs.mjs) inside the JavaScript hosts of their packages: metered beside the same
// unmetered, each in processes of its own, in turns. Ratios, metered to unmetered, of processor time of all threads:
// warm, by the fastest call of all and by the median of the processes' median calls; and cold, from the package's loading
// to the first answer, metering included. Answers are compared.
//
//   node bench/real-programs.mjs [--only <part of a name>] [--repeats <n>] [--seconds <n>] [--packages <folder>]…
//     [--tier default|turbofan|liftoff] [--source <checkout>]… [--json <file>]
//
// --packages: a folder with a node_modules of its own, where packages are looked for that are not installed here; those
// found nowhere are skipped. --seconds: warm-up, and after it measuring, each process. --source: as in metering.mjs.
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { folderAt, isStarted, numberFrom, refuseArguments, scriptArguments } from "../scripts/script-arguments.mjs";
import { checkoutAt } from "./load-meter.mjs";
import { PROGRAMS } from "./programs.mjs";
import { geomean, median } from "./statistics.mjs";
import { TIERS } from "./tiers.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TIMING = fileURLToPath(new URL("program-timing.mjs", import.meta.url));

async function runOnce(name, source, { tier, seconds, folders }) {
  const job = JSON.stringify({ name, seconds, folders, source });
  const { stdout } = await promisify(execFile)(process.execPath, [...TIERS[tier], TIMING, job], {
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout);
}

/** The figures of one variant out of its processes. */
function figures(runs) {
  return {
    fastest: Math.min(...runs.flatMap(({ ms }) => ms)),
    median: median(runs.map(({ ms }) => median(ms))),
    first: Math.min(...runs.map(({ firstMs }) => firstMs)),
  };
}

async function measure(name, options) {
  const variants = [undefined, ...options.sources];
  const runs = variants.map(() => []);
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const [index, source] of variants.entries()) runs[index].push(await runOnce(name, source, options));
  }
  const answers = new Set(runs.flat().map(({ answer }) => answer));
  if (answers.size > 1) throw new Error(`${name} answers differently when metered: ${[...answers].join(", ")}`);
  const [plain, ...metered] = runs.map(figures);
  const ratios = metered.map((its) => ({
    fastest: its.fastest / plain.fastest,
    median: its.median / plain.median,
    first: its.first / plain.first,
  }));
  return { name, plain, ratios };
}

function print(row) {
  const ratios = row.ratios.map(
    ({ fastest, median, first }) => `${fastest.toFixed(3)} / ${median.toFixed(3)}  cold ${first.toFixed(2)}`,
  );
  const plain = `${row.plain.fastest.toFixed(2)} ms, cold ${row.plain.first.toFixed(0)} ms`.padEnd(24);
  process.stdout.write(`${row.name.padEnd(20)} plain ${plain} ${ratios.join("   |   ")}\n`);
}

/** Measures and prints all; gives the rows. Rejects in the end where a program failed or answered otherwise when metered. */
export async function realProgramsBench(given) {
  const { tier = "default", sources = [ROOT], only = "", repeats = 3, seconds = 1.5, packages = [] } = given;
  const folders = [ROOT, ...packages];
  process.stdout.write(`\nreal programs, ${tier}: metered to unmetered, fastest call / median call\n`);
  const rows = [];
  const failed = [];
  for (const [name, { needs }] of Object.entries(PROGRAMS)) {
    if (!name.includes(only)) continue;
    const missing = needs.find((need) => !folders.some((folder) => existsSync(join(folder, "node_modules", need))));
    if (missing !== undefined) {
      process.stdout.write(`${name.padEnd(20)} skipped: no package ${missing}\n`);
      continue;
    }
    try {
      const row = await measure(name, { tier, sources, repeats, seconds, folders });
      print(row);
      rows.push(row);
    } catch (error) {
      failed.push(name);
      process.stdout.write(`${name.padEnd(20)} FAILED: ${error.stderr || error.message}\n`);
    }
  }
  for (const column of rows[0]?.ratios.keys() ?? []) {
    const parts = ["fastest", "median", "first"].map((figure) => {
      const worst = rows.reduce((a, b) => (a.ratios[column][figure] > b.ratios[column][figure] ? a : b));
      const mean = geomean(rows.map(({ ratios }) => ratios[column][figure]));
      return `${figure}: geomean ${mean.toFixed(3)}, worst ${worst.ratios[column][figure].toFixed(3)} ${worst.name}`;
    });
    process.stdout.write(`real programs (${rows.length}), ${resolve(sources[column])}\n  ${parts.join("\n  ")}\n`);
  }
  if (failed.length > 0) throw new Error(`programs failed: ${failed.join(", ")}`);
  return rows;
}

if (isStarted(import.meta.url)) {
  const { values } = scriptArguments(import.meta.url, {
    options: {
      tier: { type: "string", default: "default" },
      source: { type: "string", multiple: true, default: [ROOT] },
      packages: { type: "string", multiple: true, default: [] },
      only: { type: "string", default: "" },
      repeats: { type: "string", default: "3" },
      seconds: { type: "string", default: "1.5" },
      json: { type: "string" },
    },
  });
  if (!Object.hasOwn(TIERS, values.tier)) {
    refuseArguments(`no tier ${values.tier}: name ${Object.keys(TIERS).join(", ")}`);
  }
  if (!Object.keys(PROGRAMS).some((name) => name.includes(values.only))) {
    refuseArguments(`no program has ${JSON.stringify(values.only)} in its name`);
  }
  const rows = await realProgramsBench({
    ...{ tier: values.tier, only: values.only },
    repeats: numberFrom(values.repeats, "--repeats"),
    seconds: numberFrom(values.seconds, "--seconds"),
    ...{
      sources: values.source.map((root) => checkoutAt(root)),
      packages: values.packages.map((at) => resolve(folderAt(at))),
    },
  });
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 1)}\n`);
}
