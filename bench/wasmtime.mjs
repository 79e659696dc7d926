// Our metering beside Wasmtime's. Where Python has the package `wasmtime`, it runs the same kernels, unmetered and with
// fuel, in the same run: the ratios of both and metered beside metered run time. Else what was recorded of Wasmtime 49 on
// the C kernels (wasmtime-recorded.json) stands beside our ratios of this run; metered beside metered can then only be
// estimated: (V8 / Wasmtime, both unmetered, on record) × (our ratio now / Wasmtime's ratio on record).
//
//   node bench/wasmtime.mjs [--only <part of a name>] [--seconds <per kernel>] [--source <checkout>]
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isStarted, numberFrom, scriptArguments } from "../scripts/script-arguments.mjs";
import { kernelSet } from "./kernel-set.mjs";
import { checkoutAt } from "./load-meter.mjs";
import { meteringBench } from "./metering.mjs";
import { geomean } from "./statistics.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TIMING = fileURLToPath(new URL("wasmtime-timing.py", import.meta.url));
const RECORD = JSON.parse(readFileSync(new URL("wasmtime-recorded.json", import.meta.url), "utf8"));

/** To the two decimals that the record has. */
const rounded = (ratio) => Math.round(ratio * 100) / 100;

function printRows(rows, title) {
  process.stdout.write(`\n${title}\n${"kernel".padEnd(24)} ours/plain  Wasmtime fuel/plain  ours/Wasmtime, metered\n`);
  for (const { name, ours, theirs, metered } of rows) {
    const figures = `${ours.toFixed(3).padStart(10)} ${theirs.toFixed(2).padStart(20)} ${metered.toFixed(2).padStart(23)}`;
    process.stdout.write(`${name.padEnd(24)} ${figures}${rounded(ours) > rounded(theirs) ? "  dearer" : ""}\n`);
  }
  const mean = (of) => geomean(rows.map(of)).toFixed(3);
  const within = rows.filter(({ ours, theirs }) => rounded(ours) <= rounded(theirs)).length;
  process.stdout.write(
    `geomean: ours ${mean(({ ours }) => ours)}, Wasmtime's ${mean(({ theirs }) => theirs)}; ours is not dearer on ${within} ` +
      `of ${rows.length}; metered run time ours/Wasmtime's ${mean(({ metered }) => metered)}\n`,
  );
}

/** Rows of the C kernels beside the record. */
function besideRecord(measured) {
  return measured.flatMap(({ name, ratios: [ours] }) => {
    const known = RECORD.kernels[name];
    if (known === undefined) return [];
    const metered = ((known.v8Ms / known.wasmtimeMs) * ours) / known.fuelRatio;
    return [{ name, ours, theirs: known.fuelRatio, metered }];
  });
}

/** Runs all kernels in Wasmtime; complains where it counts or answers otherwise than we do. */
async function besideWasmtime(measured, only, seconds) {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  try {
    const { kernels } = await kernelSet(only);
    const job = kernels.map(({ bytes, ...kernel }, number) => {
      const file = join(folder, `${number}.wasm`);
      writeFileSync(file, bytes);
      return { ...kernel, file };
    });
    writeFileSync(join(folder, "job.json"), JSON.stringify({ seconds, kernels: job }));
    const { stdout } = await promisify(execFile)("python3", [TIMING, join(folder, "job.json")]);
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ name, plainMs, fuelMs, fuel }) => {
        const { plainMs: ownMs, ratios, variants } = measured.find((row) => row.name === name);
        if (variants[1].fuel !== fuel) throw new Error(`${name}: fuel ${variants[1].fuel}, Wasmtime's ${fuel}`);
        return { name, ours: ratios[0], theirs: fuelMs / plainMs, metered: (ownMs * ratios[0]) / fuelMs };
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints our ratios (rows of metering.mjs on the optimizing tier) beside Wasmtime's; gives what it printed. */
export async function wasmtimeBench(measured, { only = "", seconds = 0.5 } = {}) {
  if (spawnSync("python3", ["-c", "import wasmtime"]).status === 0) {
    const rows = await besideWasmtime(measured, only, seconds);
    printRows(rows, "beside Wasmtime, same run");
    return rows;
  }
  process.stdout.write("\nskipped: Wasmtime itself (no Python package wasmtime)\n");
  const rows = besideRecord(measured);
  if (rows.length === 0) process.stdout.write("skipped: recorded Wasmtime figures (no C kernels measured)\n");
  else printRows(rows, "beside the recorded Wasmtime figures; metered beside metered estimated from them");
  return rows;
}

if (isStarted(import.meta.url)) {
  const { values } = scriptArguments(import.meta.url, {
    options: {
      only: { type: "string", default: "" },
      seconds: { type: "string", default: "1" },
      source: { type: "string", default: ROOT },
    },
  });
  const [only, seconds] = [values.only, numberFrom(values.seconds, "--seconds")];
  const { turbofan } = await meteringBench({
    tiers: ["turbofan"],
    sources: [checkoutAt(values.source)],
    only,
    seconds,
  });
  await wasmtimeBench(turbofan.rows, { only, seconds });
}
