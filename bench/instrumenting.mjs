// What metering a module costs before it runs: megabytes (10^6 bytes of the original) a second, once warm and for the
// first module of a process, and how much the module grows. Beside it, on the same bytes in the same run, the engine's
// own `WebAssembly.validate` (which the meter calls, too) and `new WebAssembly.Module`. Real modules of npm packages and,
// where they are built, this project's guests.
//
//   node bench/instrumenting.mjs [--source <checkout>]… [--packages <folder>]… [--seconds <per module>] [--json <file>]
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fileAt, folderAt, isStarted, numberFrom, scriptArguments } from "../scripts/script-arguments.mjs";
import { distinct } from "./instance.mjs";
import { checkoutAt, loadMeter } from "./load-meter.mjs";
import { withDefinedMemory } from "./memory-definition.mjs";
import { geomean } from "./statistics.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const MODULES = {
  "quickjs-emscripten": "@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm",
  "quickjs-wasi": "quickjs-wasi/quickjs.wasm",
  "sql.js": "sql.js/dist/sql-wasm.wasm",
  resvg: "@resvg/resvg-wasm/index_bg.wasm",
  "source-map": "source-map/lib/mappings.wasm",
  cedar: "@cedar-policy/cedar-wasm/nodejs/cedar_wasm_bg.wasm",
  lightningcss: "lightningcss-wasm/lightningcss_node.wasm",
  esbuild: "esbuild-wasm/esbuild.wasm",
};
const COLD_REPEATS = 3;

/** Milliseconds of processor time: unlike the clock it stands still while others have the processor. */
function now() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** All modules found: `{name, file}`. */
function found(folders) {
  const modules = Object.entries(MODULES).flatMap(([name, path]) => {
    const file = folders.map((folder) => join(folder, "node_modules", path)).find((at) => existsSync(at));
    if (file === undefined) process.stdout.write(`skipped: ${name} (no node_modules/${path})\n`);
    return file === undefined ? [] : [{ name, file }];
  });
  const guests = join(ROOT, "dist/tools");
  if (!existsSync(guests)) process.stdout.write("skipped: guests (not built: npm run build)\n");
  else for (const name of readdirSync(guests).sort()) modules.push({ name, file: join(guests, name) });
  return modules;
}

/** The fastest of repeated calls within a time, milliseconds; small ones are repeated within one sample. */
function fastest(seconds, call) {
  call(0);
  const probe = now();
  call(1);
  const repeats = Math.max(1, Math.ceil(2 / Math.max(now() - probe, 0.001)));
  let [best, number] = [Number.POSITIVE_INFINITY, 2];
  const until = now() + seconds * 1000;
  for (let sample = 0; sample < 5 || now() < until; sample++) {
    const started = now();
    for (let i = 0; i < repeats; i++) call(number++);
    best = Math.min(best, (now() - started) / repeats);
  }
  return best;
}

/** The first metering of a process, milliseconds. */
async function cold(source, file) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < COLD_REPEATS; i++) {
    const { stdout } = await promisify(execFile)(process.execPath, [SELF, "--cold", file, "--source", source]);
    best = Math.min(best, Number(stdout));
  }
  return best;
}

/** Measures and prints; gives the rows. */
export async function instrumentingBench({ sources = [ROOT], packages = [], seconds = 0.5 } = {}) {
  const meters = await Promise.all(sources.map(loadMeter));
  process.stdout.write("\ninstrumenting\n");
  const modules = found([ROOT, ...packages]).map((module) => ({
    ...module,
    bytes: withDefinedMemory(readFileSync(module.file)).bytes,
  }));
  // Every meter sees every module before any of them is timed.
  for (const meter of meters) for (const { bytes } of modules) meter(bytes, { allowsImports: true });
  process.stdout.write(
    `${"module".padEnd(28)} ${"KB".padStart(7)}  validate    Module  | warm MB/s cold MB/s  size   time of validate+Module\n`,
  );
  const rows = [];
  for (const { name, file, bytes } of modules) {
    const validate = fastest(seconds / 4, () => WebAssembly.validate(bytes));
    const compile = fastest(seconds / 4, (number) => new WebAssembly.Module(distinct(bytes, number)));
    const meterings = [];
    for (const [column, meter] of meters.entries()) {
      let after = 0;
      const warm = fastest(seconds, () => {
        after = meter(bytes, { allowsImports: true }).bytes.length;
      });
      const first = await cold(sources[column], file);
      meterings.push({ warm, first, growth: after / bytes.length });
    }
    rows.push({ name, size: bytes.length, validate, compile, meterings });
    const rate = (ms) => (bytes.length / 1000 / ms).toFixed(1);
    const columns = meterings.map(
      ({ warm, first, growth }) =>
        `${rate(warm).padStart(9)} ${rate(first).padStart(9)}  ${growth.toFixed(3)} ${(warm / (validate + compile)).toFixed(2).padStart(6)}`,
    );
    const engine = [validate, compile].map((ms) => rate(ms).padStart(9)).join(" ");
    process.stdout.write(
      `${name.padEnd(28)} ${(bytes.length / 1000).toFixed(0).padStart(7)} ${engine}  | ${columns.join("  | ")}\n`,
    );
  }
  for (const [column, source] of sources.entries()) {
    const large = rows.filter(({ size }) => size > 100_000);
    const bytes = large.reduce((sum, { size }) => sum + size, 0);
    const total = large.reduce((sum, { meterings }) => sum + meterings[column].warm, 0);
    const rates = large.map(({ size, meterings }) => size / 1000 / meterings[column].warm);
    const growths = rows.map(({ meterings }) => meterings[column].growth);
    process.stdout.write(
      `${resolve(source)}: of modules over 100 KB all together ${(bytes / 1000 / total).toFixed(1)} MB/s warm, geomean ` +
        `${geomean(rates).toFixed(1)}, slowest ${Math.min(...rates).toFixed(1)}; size of all geomean ` +
        `${geomean(growths).toFixed(3)}, largest ${Math.max(...growths).toFixed(3)}\n`,
    );
  }
  return rows;
}

if (isStarted(import.meta.url)) {
  const { values } = scriptArguments(import.meta.url, {
    options: {
      cold: { type: "string" },
      source: { type: "string", multiple: true, default: [ROOT] },
      packages: { type: "string", multiple: true, default: [] },
      seconds: { type: "string", default: "0.5" },
      json: { type: "string" },
    },
  });
  const sources = values.source.map((root) => checkoutAt(root));
  if (values.cold !== undefined) {
    const [meter, { bytes }] = [await loadMeter(sources[0]), withDefinedMemory(readFileSync(fileAt(values.cold)))];
    const started = now();
    meter(bytes, { allowsImports: true });
    process.stdout.write(`${now() - started}\n`);
  } else {
    const packages = values.packages.map((at) => resolve(folderAt(at)));
    const rows = await instrumentingBench({ sources, packages, seconds: numberFrom(values.seconds, "--seconds") });
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 1)}\n`);
  }
}
