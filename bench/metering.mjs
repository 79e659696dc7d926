// What metering costs code that is hot: kernels (kernel-set.mjs) metered beside the same unmetered, in turns within one
// process. Figures are ratios of processor time, metered to unmetered: of each variant the median over its copies of
// the fastest round. Every kernel's answer is compared, and its fuel between the meters and with Wasmtime's where on record.
//
//   node bench/metering.mjs [--tier turbofan|liftoff|default[,…]] [--only <part of a name>] [--rounds <n>]
//     [--copies <n>] [--seconds <per kernel>] [--source <checkout>]… [--json <file>]
//
// --tier: turbofan (the default: `--no-liftoff`, optimized from the first call on), liftoff (`--liftoff-only`), default
// (the engine's own choice, after warm-up). --source: the checkout whose meter is measured, this one if none is named;
// several stand beside each other as columns.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isStarted, numberFrom, refuseArguments, scriptArguments } from "../scripts/script-arguments.mjs";
import { kernelSet } from "./kernel-set.mjs";
import { checkoutAt, loadMeter } from "./load-meter.mjs";
import { geomean, median } from "./statistics.mjs";
import { TIERS } from "./tiers.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TIMING = fileURLToPath(new URL("kernel-timing.mjs", import.meta.url));

/** Meters every kernel with every meter into files of `folder`; sums the sizes up. */
function prepare(kernels, meters, folder) {
  return kernels.map((kernel, number) => {
    const plain = join(folder, `${number}.wasm`);
    writeFileSync(plain, kernel.bytes);
    const variants = [{ file: plain }];
    for (const [column, meter] of meters.entries()) {
      const { bytes, host } = meter(kernel.bytes);
      const file = join(folder, `${number}-${column}.wasm`);
      writeFileSync(file, bytes);
      variants.push({ file, host });
    }
    const { name, entry, amount, checked } = kernel;
    return { name, entry, amount, checked, variants };
  });
}

/** Runs the job on one tier; gives the measured variants by kernel. */
async function time(job, tier, folder) {
  const file = join(folder, `${tier}.json`);
  writeFileSync(file, JSON.stringify({ ...job, tiersUp: tier === "default" }));
  const { stdout } = await promisify(execFile)(process.execPath, [...TIERS[tier], TIMING, file], {
    maxBuffer: 64 << 20,
  });
  const lines = stdout.trimEnd().split("\n");
  return new Map(lines.map((line) => JSON.parse(line)).map(({ name, variants }) => [name, variants]));
}

/** What is wrong with the answers, one phrase each. */
function differences(kernel, [plain, ...metered]) {
  const found = [];
  if (kernel.result !== undefined && plain.result !== String(kernel.result)) {
    found.push(`result unmetered ${plain.result}, Wasmtime's ${kernel.result}`);
  }
  const fuelDue = kernel.fuel === undefined ? metered[0].fuel : String(kernel.fuel);
  for (const [column, { result, fuel }] of metered.entries()) {
    const which = metered.length > 1 ? ` of ${"ABCDEFGH"[column]}` : "";
    if (result !== plain.result) found.push(`result${which} ${result}, unmetered ${plain.result}`);
    if (fuel !== fuelDue) found.push(`fuel${which} ${fuel}, expected ${fuelDue}`);
  }
  return found;
}

function summary(rows, columns) {
  const lines = [];
  const groups = [...new Set(rows.map(({ group }) => group))];
  for (const group of groups.length > 1 ? [...groups, "all"] : groups) {
    const of = rows.filter((row) => group === "all" || row.group === group);
    for (let column = 0; column < columns.length; column++) {
      const ratios = of.map((row) => row.ratios[column]);
      const worst = of.reduce((a, b) => (a.ratios[column] > b.ratios[column] ? a : b));
      lines.push({
        ...{ group, column: columns[column], kernels: of.length, geomean: geomean(ratios), median: median(ratios) },
        ...{ worst: worst.ratios[column], worstName: worst.name },
      });
    }
  }
  return lines;
}

function print(tier, rows, columns, summaries) {
  const head = ["plain ms", ...columns].map((text) => text.padStart(9)).join(" ");
  process.stdout.write(`\n${`metering, ${tier}: kernel`.padEnd(36)} ${head}\n`);
  for (const { group, name, plainMs, ratios, wrong } of rows) {
    const figures = [plainMs, ...ratios].map((value) => value.toFixed(3).padStart(9)).join(" ");
    const complaint = wrong.length > 0 ? `  WRONG: ${wrong.join("; ")}` : "";
    process.stdout.write(`${`${group} ${name}`.padEnd(36)} ${figures}${complaint}\n`);
  }
  for (const { group, column, kernels, worst, worstName, ...line } of summaries) {
    const title = `${tier}, ${group} (${kernels}), ${column}`.padEnd(36);
    process.stdout.write(
      `${title} geomean ${line.geomean.toFixed(3)}  median ${line.median.toFixed(3)}  worst ${worst.toFixed(3)} ${worstName}\n`,
    );
  }
}

/**
 * Measures and prints. `tiers`, `sources` as the options of the command line; answers with what was measured, by tier.
 * Rejects after printing where a metered kernel answers or counts differently.
 */
export async function meteringBench({ tiers, sources = [ROOT], only = "", rounds = 15, copies = 5, seconds = 1 }) {
  const { kernels, missing } = await kernelSet(only);
  if (kernels.length === 0) refuseArguments(`no kernel has ${JSON.stringify(only)} in its name`);
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const columns = sources.length > 1 ? sources.map((_, i) => "ABCDEFGH"[i]) : ["metered"];
  const report = {};
  try {
    const meters = await Promise.all(sources.map(loadMeter));
    for (const what of missing) process.stdout.write(`skipped: ${what}\n`);
    if (sources.length > 1) for (const [i, root] of sources.entries()) process.stdout.write(`${columns[i]}: ${root}\n`);
    const job = { rounds, copies, seconds, kernels: prepare(kernels, meters, folder) };
    for (const tier of tiers) {
      const measured = await time(job, tier, folder);
      const rows = kernels.map((kernel) => {
        const variants = measured.get(kernel.name);
        const [plainMs, ...meteredMs] = variants.map(({ ms }) => median(ms));
        const ratios = meteredMs.map((ms) => ms / plainMs);
        const { group, name } = kernel;
        return { group, name, plainMs, ratios, wrong: differences(kernel, variants), variants };
      });
      const summaries = summary(rows, columns);
      print(tier, rows, columns, summaries);
      report[tier] = { columns, sources, rows, summaries };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const wrong = Object.values(report).flatMap(({ rows }) => rows.filter((row) => row.wrong.length > 0));
  if (wrong.length > 0)
    throw new Error(`metered otherwise than unmetered or than Wasmtime: ${wrong.map(({ name }) => name).join(", ")}`);
  return report;
}

if (isStarted(import.meta.url)) {
  const { values } = scriptArguments(import.meta.url, {
    options: {
      tier: { type: "string", default: "turbofan" },
      source: { type: "string", multiple: true, default: [ROOT] },
      only: { type: "string", default: "" },
      rounds: { type: "string", default: "15" },
      copies: { type: "string", default: "5" },
      seconds: { type: "string", default: "1" },
      json: { type: "string" },
    },
  });
  const tiers = values.tier.split(",");
  const unknown = tiers.find((tier) => !Object.hasOwn(TIERS, tier));
  if (unknown !== undefined) refuseArguments(`no tier ${unknown}: name ${Object.keys(TIERS).join(", ")}`);
  const report = await meteringBench({
    ...{ tiers, sources: values.source.map((root) => checkoutAt(root)), only: values.only },
    rounds: numberFrom(values.rounds, "--rounds"),
    copies: numberFrom(values.copies, "--copies"),
    seconds: numberFrom(values.seconds, "--seconds"),
  });
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
}
