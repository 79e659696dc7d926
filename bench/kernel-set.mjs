// The kernels that metering is measured on: small programs of different habits, from kernels/ (AssemblyScript, compiled
// here with -O3, and text), and, where they are there, the C kernels whose fuel in Wasmtime is on record.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import wabtFactory from "wabt";

const HERE = fileURLToPath(new URL("kernels/", import.meta.url));
const CACHE = fileURLToPath(new URL("../.build/kernels/", import.meta.url));
/** Modules of 23 C kernels (clang -O2) with the fuel and the result of each in Wasmtime 49; not part of this project. */
const C_KERNELS = fileURLToPath(new URL("../../shared/kernels/", import.meta.url));

/** What `run` is called with: some milliseconds of work. */
const AMOUNTS = {
  // Calls.
  "fibonacci.wat": 29,
  "tak.ts": 22,
  "ackermann.ts": 800,
  "queens.ts": 11,
  // Indirect and virtual calls.
  "dispatch.wat": 1_500_000,
  "callbacks.ts": 200_000,
  "shapes.ts": 3000,
  // Integers.
  "collatz.ts": 40_000,
  "bigint.ts": 2000,
  "levenshtein.ts": 1200,
  // Hashes.
  "fnv.wat": 1_000_000,
  "crc32.ts": 30,
  "sha256.ts": 12_000,
  "xxhash64.ts": 900,
  // Floating point.
  "matrix.wat": 170,
  "nbody.ts": 60_000,
  "mandelbrot.ts": 200,
  "fft.ts": 16,
  "spectral.ts": 500,
  "float-format.ts": 15_000,
  // SIMD.
  "matmul-simd.ts": 200,
  "dot-simd.ts": 2000,
  "lines-simd.ts": 200,
  // Memory.
  "sieve.wat": 1_000_000,
  "blocks.ts": 60_000,
  "life.ts": 60,
  "lz.ts": 15,
  "quicksort.ts": 60_000,
  "heapsort.ts": 20_000,
  // Strings.
  "base64.ts": 60,
  "json.ts": 20,
  "utf8.ts": 100,
  "search.ts": 40,
  "strings.ts": 200,
  "regex.ts": 4000,
  // Trees, maps, graphs.
  "trees.ts": 13,
  "hash-map.ts": 100_000,
  "dijkstra.ts": 20,
  // Interpreter loops.
  "stack-vm.ts": 150_000,
  "tape.ts": 200,
};

/** What the C kernels are timed with, where their call on record takes longer than need be. */
const TIMED = {
  ...{ "k/sieve": 2, "k/matmul": 8, "k/sha256": 15_000, "k/nbody": 50_000, "k/mandel": 260, "k/qsort_": 1 },
  ...{ "k/crc32": 25, "k/icall": 1_500_000, "k/vm": 300_000, "k/base64": 100, "k/regex": 6000, "k/dot": 3000 },
  ...{ "k/collatz": 45_000, "k_simd/dot": 10_000, "k_simd/matmul": 8, "k_simd/sha256": 15_000 },
};

/** Compiles AssemblyScript without imports; what it compiled is kept until source, compiler or options change. */
async function assemble(file, source) {
  const runtime = /^\/\/ asc: (.+)$/m.exec(source)?.[1] ?? "--runtime stub";
  const options = [...["-O3", "--enable", "simd", "--use", "abort="], ...runtime.split(" ")];
  const compiler = JSON.parse(readFileSync(new URL("../node_modules/assemblyscript/package.json", import.meta.url)));
  const digest = createHash("sha256")
    .update(JSON.stringify([compiler.version, options, source]))
    .digest("hex");
  const kept = `${CACHE}${digest}.wasm`;
  if (existsSync(kept)) return readFileSync(kept);
  const { default: asc } = await import("assemblyscript/asc");
  let bytes;
  const { error, stderr } = await asc.main([file, "--outFile", "kernel.wasm", ...options], {
    readFile: (name) => (name === file ? source : null),
    writeFile: (_name, contents) => {
      bytes = contents;
    },
    listFiles: () => [],
  });
  if (error || bytes === undefined) throw new Error(`kernel ${file} does not compile:\n${stderr.toString()}`);
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(kept, bytes);
  return bytes;
}

/** Turns text into a module. */
export async function assembleText(text) {
  const wabt = await wabtFactory();
  const module = wabt.parseWat("kernel.wat", text);
  try {
    return Buffer.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

async function ownKernels(wanted) {
  const kernels = [];
  for (const [file, amount] of Object.entries(AMOUNTS)) {
    const name = file.replace(/\..*$/, "");
    if (!wanted(name)) continue;
    const source = readFileSync(`${HERE}${file}`, "utf8");
    const bytes = file.endsWith(".wat") ? await assembleText(source) : await assemble(file, source);
    kernels.push({ group: "own", name, bytes, entry: "run", amount, checked: amount });
  }
  return kernels;
}

function cKernels(wanted) {
  if (!existsSync(`${C_KERNELS}fuel.json`)) return undefined;
  const { runs } = JSON.parse(readFileSync(`${C_KERNELS}fuel.json`, "utf8"));
  return runs
    .map((run) => ({
      ...{ group: "c", name: `${run.module.replace(".wasm", "")}/${run.export}`, file: `${C_KERNELS}${run.module}` },
      ...{ entry: run.export, checked: run.argument, result: run.result, fuel: run.fuel },
    }))
    .filter(({ name }) => wanted(name))
    .map(({ file, ...kernel }) => ({
      ...kernel,
      bytes: readFileSync(file),
      amount: TIMED[kernel.name] ?? kernel.checked,
    }));
}

/**
 * All kernels whose name holds `only`: `{group, name, bytes, entry, amount, checked}`, where `amount` is the argument
 * to time with and `checked` the one to compare answers by, and of the C kernels also what Wasmtime answers that with,
 * `{result, fuel}`. `missing` says what was left out for want of its files.
 */
export async function kernelSet(only = "") {
  const wanted = (name) => name.includes(only);
  const own = await ownKernels(wanted);
  const c = cKernels(wanted);
  const missing = c === undefined ? ["C kernels: no ../shared/kernels beside this checkout"] : [];
  return { kernels: [...own, ...(c ?? [])], missing };
}
