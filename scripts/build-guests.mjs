// Compiles the guests, one module a tool, and holds them against manifests/seal.json: AssemblyScript to small modules,
// scripts (src/tools/script) to modules that start as a JavaScript engine with the script already evaluated.
// `--seal` records the hashes of what was built instead, `--quiet` prints only what went wrong. Bytes depend on sources,
// compiler and options only.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import {
  buildScriptGuest,
  makeScriptBuilder,
  SCRIPT_FAMILY,
  scriptGuests,
  scriptInputs,
} from "./build-script-guests.mjs";
import { isStarted, scriptArguments } from "./script-arguments.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const TOOLS = "src/tools";
/** Folders of src/tools that hold one entry file a tool, and what stands before the file's name in the tool's. */
const FAMILIES = { fs: "fs.", kernel: "", template: "template." };
const SEAL = "manifests/seal.json";
const CACHE = "dist/.guests-cache.json";
const OUT = "dist/tools";
/** The modules a guest may import from; anything else is a mistake in its source. */
const IMPORT_MODULES = ["wasi_snapshot_preview1", "tollgate"];
const OPTIONS = [
  ...["--runtime", "stub", "--enable", "simd", "--noAssert"],
  ...["--optimizeLevel", "3", "--shrinkLevel", "1", "--converge"],
  // Static data, the output buffer and the arguments of a usual call: no growth before a large one.
  ...["--initialMemory", "4"],
];

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const read = (file) => readFileSync(join(ROOT, file), "utf8");
const readJsonIfAny = (file, otherwise) => (existsSync(join(ROOT, file)) ? JSON.parse(read(file)) : otherwise);

/** `fs.read_file.wasm` and its entry file, sorted by name. */
function guests() {
  return Object.entries(FAMILIES).flatMap(([family, prefix]) =>
    readdirSync(join(ROOT, TOOLS, family))
      .filter((file) => file.endsWith(".ts"))
      .sort()
      .map((file) => ({ module: `${prefix}${file.slice(0, -3)}.wasm`, entry: `${TOOLS}/${family}/${file}` })),
  );
}

/** A file and everything that it imports, however far. */
function sources(entry, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  for (const [, path] of read(entry).matchAll(/from "(\.[^"]+)"/g)) {
    sources(posix.join(posix.dirname(entry), path), found);
  }
  return found;
}

/** What decides a module's bytes. */
function inputDigest(entry, compiler) {
  const hash = createHash("sha256").update(JSON.stringify([compiler, OPTIONS]));
  for (const file of [...sources(entry)].sort()) hash.update(`\0${file}\0`).update(read(file));
  return hash.digest("hex");
}

/** Compiles one entry file; runs in a worker, which keeps the compiler loaded for the next. */
async function compile(entry) {
  if (entry.startsWith(SCRIPT_FAMILY)) return buildScriptGuest(entry);
  const { default: asc } = await import("assemblyscript/asc");
  let bytes;
  const { error, stderr } = await asc.main([entry, "--outFile", "guest.wasm", ...OPTIONS], {
    readFile: (name, base) => {
      const file = join(base === "." || base === undefined ? ROOT : base, name);
      return existsSync(file) ? readFileSync(file, "utf8") : null;
    },
    writeFile: (_name, contents) => {
      bytes = contents;
    },
    listFiles: () => [],
  });
  if (error || bytes === undefined) throw new Error(`${entry} does not compile:\n${stderr.toString()}`);
  const foreign = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).filter(
    ({ module }) => !IMPORT_MODULES.includes(module),
  );
  if (foreign.length > 0) {
    throw new Error(`${entry} imports ${foreign.map(({ module, name }) => `${module}.${name}`).join(", ")}`);
  }
  return { bytes };
}

/** Compiles all jobs on as many workers as there are processors; the first failure ends it. */
function compileAll(jobs, onDone) {
  if (jobs.length === 0) return Promise.resolve();
  const queue = [...jobs];
  const workers = [];
  const lane = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url));
      workers.push(worker);
      let job;
      const next = () => {
        job = queue.shift();
        if (job === undefined) resolve(worker.terminate());
        else worker.postMessage(job.entry);
      };
      worker.on("message", ({ bytes, inputs, error }) => {
        if (error !== undefined) return reject(new Error(error));
        onDone(job, bytes, inputs);
        next();
      });
      worker.on("error", reject);
      next();
    });
  const lanes = Array.from({ length: Math.min(availableParallelism(), jobs.length) }, lane);
  return Promise.all(lanes).finally(() => Promise.all(workers.map((worker) => worker.terminate())));
}

function seal(built) {
  const modules = Object.fromEntries([...built].sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(join(ROOT, SEAL), `${JSON.stringify({ algorithm: "sha-256", modules }, null, 2)}\n`);
}

function compareWithSeal(built) {
  const sealed = readJsonIfAny(SEAL, { modules: {} }).modules;
  const differences = [];
  for (const [module, hash] of built) {
    if (sealed[module] !== hash) {
      differences.push(`${module}: sealed ${sealed[module] ?? "not at all"}, built ${hash}`);
    }
  }
  for (const module of Object.keys(sealed))
    if (!built.has(module)) differences.push(`${module}: sealed, but not built`);
  if (differences.length === 0) return;
  throw new Error(
    `the built guests are not the sealed ones:\n  ${differences.join("\n  ")}\n` +
      "if this change is wanted, record it with: npm run seal",
  );
}

/**
 * Brings dist/tools up to date. Only guests whose sources, compiler or options changed are compiled, in parallel.
 * Rejects when one does not compile, or when one differs from manifests/seal.json and `record` is not set.
 */
export async function buildGuests({ quiet = false, record = false } = {}) {
  const started = Date.now();
  const compiler = JSON.parse(read("node_modules/assemblyscript/package.json")).version;
  const cache = readJsonIfAny(CACHE, {});
  const all = [
    ...guests().map((guest) => ({ ...guest, digest: () => inputDigest(guest.entry, compiler) })),
    ...scriptGuests().map((guest) => ({ ...guest, digest: (inputs) => scriptInputs(guest.entry, inputs) })),
  ];
  const built = new Map();
  const jobs = [];
  for (const guest of all) {
    const file = join(ROOT, OUT, guest.module);
    const known = cache[guest.module];
    const hash = existsSync(file) ? sha256(readFileSync(file)) : undefined;
    if (hash !== undefined && known?.hash === hash && known.digest === guest.digest(known.inputs))
      built.set(guest.module, hash);
    else jobs.push(guest);
  }
  mkdirSync(join(ROOT, OUT), { recursive: true });
  if (jobs.some(({ entry }) => entry.startsWith(SCRIPT_FAMILY))) await makeScriptBuilder();
  await compileAll(jobs, ({ module, digest }, bytes, inputs) => {
    const hash = sha256(bytes);
    writeFileSync(join(ROOT, OUT, module), bytes);
    cache[module] = { digest: digest(inputs), hash, inputs };
    built.set(module, hash);
  });
  const names = new Set(all.map(({ module }) => module));
  const kept = Object.fromEntries(Object.entries(cache).filter(([module]) => names.has(module)));
  if (jobs.length > 0) writeFileSync(join(ROOT, CACHE), JSON.stringify(kept));
  if (record) seal(built);
  else compareWithSeal(built);
  if (!quiet) {
    process.stdout.write(`${all.length} guests, ${jobs.length} compiled in ${Date.now() - started} ms\n`);
  }
}

if (!isMainThread && parentPort) {
  parentPort.on("message", async (entry) => {
    try {
      parentPort.postMessage(await compile(entry));
    } catch (error) {
      parentPort.postMessage({ error: error instanceof Error ? error.message : String(error) });
    }
  });
} else if (isStarted(import.meta.url)) {
  const options = { quiet: { type: "boolean", default: false }, seal: { type: "boolean", default: false } };
  const { quiet, seal } = scriptArguments(import.meta.url, { options }).values;
  try {
    await buildGuests({ quiet, record: seal });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
