// Script guests: shell.exec beside a spawned bash, end to end, and a small tool in TypeScript beside the same one in
// AssemblyScript. By itself: `node bench/shell.mjs [rounds]`. Needs the built program.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { isStarted, numberFrom, scriptArguments } from "../scripts/script-arguments.mjs";
import { median } from "./statistics.mjs";
import { StdioServer } from "./stdio-server.mjs";

const COMMAND = "echo hi | wc -c";
/** Long enough for the next instance to be made. */
const PAUSE_MS = 25;
const WARM_UP = 30;
const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

function bash() {
  const begin = performance.now();
  return new Promise((resolve) => {
    const child = spawn("bash", ["-c", COMMAND], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", () => {});
    child.on("close", () => resolve(performance.now() - begin));
  });
}

async function endToEnd(place, rounds) {
  const policy = join(place, "own.cedar");
  writeFileSync(policy, "permit (principal, action, resource);\n");
  const root = join(place, "root");
  const server = new StdioServer(
    [process.execPath, path("dist/main.js"), "serve", root, "--policy", policy, "--state-dir", join(place, "state")],
    { env: { XDG_CONFIG_HOME: place } },
  );
  await server.initialize();
  const shell = async () => {
    const begin = performance.now();
    await server.call("shell_exec", { command: COMMAND });
    return performance.now() - begin;
  };
  const first = await shell();
  for (let i = 0; i < WARM_UP; i++) {
    await shell();
    await sleep(PAUSE_MS);
  }
  const times = { shell: [], bash: [], queued: [] };
  for (let round = 0; round < rounds; round++) {
    times.shell.push(await shell());
    await sleep(PAUSE_MS);
    times.bash.push(await bash());
    await sleep(PAUSE_MS);
  }
  for (let round = 0; round < rounds; round++) times.queued.push(await shell());
  await server.close();
  const [ours, theirs, queued] = [times.shell, times.bash, times.queued].map(median);
  console.log(`\nshell.exec ${JSON.stringify(COMMAND)}, end to end, beside spawning bash -c (p50)`);
  const show = (what, value) =>
    console.log(`  ${what.padEnd(44)} ${value.toFixed(2).padStart(8)} ms  ${(value / theirs).toFixed(2)} ×`);
  show("spawn bash -c", theirs);
  show("shell.exec", ours);
  show("shell.exec, one call right after the other", queued);
  show("shell.exec, the first call of a host", first);
}

/** The same small tool in both languages: whether a path exists. */
async function smallTools(place, rounds) {
  const { openStore } = await import("../dist/store.js");
  const options = { bundle: true, format: "esm", platform: "node", packages: "external", logLevel: "warning" };
  // below the project, where it finds its packages
  const file = path(`dist/bench-builder-${process.pid}.mjs`);
  await build({ ...options, entryPoints: [path("src/script/build-script.ts")], outfile: file });
  const { buildScript } = await import(pathToFileURL(file).href);
  rmSync(file);
  const entry = join(place, "exists.ts");
  const guest = (name) => JSON.stringify(path(`src/script/guest/${name}.ts`));
  writeFileSync(
    entry,
    `import { status } from ${guest("files")}; import { serve } from ${guest("serve")};
    serve(({ path }: { path: string }) => {
      try {
        const { type } = status({ fd: 3, path }, true);
        return { exists: true, is_file: type === "file", is_dir: type === "directory" };
      } catch { return { exists: false, is_file: false, is_dir: false } }
    });`,
  );
  const grants = { filesystem: "read-only", clock: false, random: false, hostCalls: [] };
  const { bytes } = await buildScript({ entry, globals: path("src/script/guest/globals.ts"), grants });
  const store = openStore();
  const root = join(place, "root");
  const roots = [{ guestPath: root, hostPath: root, access: "read-only" }];
  const limits = { fuel: 1e9, memoryBytes: 64 << 20 };
  const run = async (module) => {
    const begin = performance.now();
    const outcome = await store.run(store.permit(module, { roots, limits }), { stdin: Buffer.from('{"path":"a"}') });
    if (outcome.kind !== "exited" || outcome.exitCode !== 0) throw new Error(JSON.stringify(outcome));
    return { time: performance.now() - begin, memory: outcome.usage.memoryPeak };
  };
  const modules = [readFileSync(path("dist/tools/fs.exists.wasm")), bytes].map((one) => store.load(one).module);
  for (let i = 0; i < 300; i++) for (const module of modules) await run(module);
  const times = modules.map(() => []);
  const memory = [0, 0];
  for (let round = 0; round < rounds * 10; round++) {
    for (const [which, module] of modules.entries()) {
      const { time, memory: peak } = await run(module);
      times[which].push(time);
      memory[which] = peak;
    }
  }
  await store.close();
  const [assembly, script] = times.map(median);
  console.log("\na small tool, whether a path exists, in the store (p50)");
  const show = (what, value, peak) =>
    console.log(
      `  ${what.padEnd(44)} ${(value * 1000).toFixed(0).padStart(8)} µs  ${(value / assembly).toFixed(2)} ×  ${(peak / 2 ** 20).toFixed(1)} MiB`,
    );
  show("AssemblyScript", assembly, memory[0]);
  show("TypeScript", script, memory[1]);
}

/** How long it takes to make an instance of the shell, which is done before its call comes. */
async function instances(rounds) {
  const file = path(`dist/bench-meter-${process.pid}.mjs`);
  const options = { bundle: true, format: "esm", platform: "node", packages: "external", logLevel: "warning" };
  await build({
    ...options,
    stdin: {
      contents: `export { prepareModule } from "./src/store/prepare.ts"; export { DEFAULT_MODULE_BOUNDS } from "./src/store/meter/bounds.ts";`,
      resolveDir: path(""),
      loader: "ts",
    },
    outfile: file,
  });
  const { prepareModule, DEFAULT_MODULE_BOUNDS } = await import(pathToFileURL(file).href);
  rmSync(file);
  const bytes = readFileSync(path("dist/tools/shell.exec.wasm"));
  const hostCalls = ["fd_mode_set", "path_status_get"];
  const prepared = prepareModule(bytes, { memoryPages: 2048, bounds: DEFAULT_MODULE_BOUNDS, hostCalls });
  const nothing = new Proxy({}, { get: () => () => 0 });
  const { minPages, maxPages } = prepared.shape.memory;
  const fresh = () => new WebAssembly.Memory({ initial: minPages, maximum: maxPages });
  const kept = fresh();
  const zeroed = () => {
    new Uint8Array(kept.buffer).fill(0);
    return kept;
  };
  console.log(
    `\nan instance of the shell's image, ${(bytes.length / 2 ** 20).toFixed(1)} MiB of module and ` +
      `${((minPages * 65536) / 2 ** 20).toFixed(1)} MiB of memory (p50)`,
  );
  for (const [what, memoryOf] of [
    ["on new memory", fresh],
    ["on the memory of an earlier run, zeroed", zeroed],
  ]) {
    const times = [];
    const processor = [];
    for (let round = 0; round < rounds; round++) {
      const begin = performance.now();
      const used = process.cpuUsage();
      const imports = { "tollgate:store": { memory: memoryOf() } };
      new WebAssembly.Instance(prepared.module, { wasi_snapshot_preview1: nothing, tollgate: nothing, ...imports });
      times.push(performance.now() - begin);
      const { user, system } = process.cpuUsage(used);
      processor.push((user + system) / 1000);
      await sleep(5);
    }
    console.log(
      `  ${what.padEnd(44)} ${median(times).toFixed(2).padStart(8)} ms, ${median(processor).toFixed(2)} ms of processor time`,
    );
  }
}

export async function shellBench({ rounds = 60 } = {}) {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-bench-")));
  try {
    mkdirSync(join(place, "root"));
    writeFileSync(join(place, "root", "a"), "");
    await endToEnd(place, rounds);
    await instances(rounds);
    await smallTools(place, rounds);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

if (isStarted(import.meta.url)) {
  const { positionals } = scriptArguments(import.meta.url, { allowPositionals: true });
  await shellBench({ rounds: positionals[0] === undefined ? 60 : numberFrom(positionals[0], "rounds") });
}
