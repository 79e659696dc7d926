// Durable sends under load: `ipc.send` as a kernel tool on a real chain, beside a bare LMDB loop that puts rows of the same
// keys and sizes. By itself: `node bench/ipc.mjs [rounds] [sends]`. Rounds alternate; medians are told. The processor time
// of a send (all threads of the process) is told as well, since the rate depends on who else uses the machine.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { median } from "./statistics.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RECEIVERS = 50;
const IN_FLIGHT = 2048;
const CONTENTS = `export { openChain } from "./src/chain/chain.ts";
  export { ipcTools } from "./src/kernel/ipc/ipc-tools.ts";
  export { clientAddress } from "./src/kernel/ipc/client-address.ts";
  export { createSignals } from "./src/kernel/signals.ts";`;

/** The kernel of a checkout, bundled from its source: several can be loaded side by side. */
export async function loadKernel(root) {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  try {
    const outfile = join(folder, "kernel.mjs");
    await build({
      stdin: { contents: CONTENTS, resolveDir: root, loader: "ts" },
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      logLevel: "error",
      // LMDB is found from where the source is.
      define: { "import.meta.url": JSON.stringify(pathToFileURL(join(root, "src/main.ts")).href) },
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inDirectory(action) {
  const directory = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  try {
    return await action(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Answers sends a second and microseconds of processor time a send. */
async function timed(sends, action) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await action();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { rate: sends / seconds, cpu: (user + system) / sends };
}

export const kernelSends = ({ openChain, ipcTools, clientAddress, createSignals }, sends) =>
  inDirectory(async (directory) => {
    const random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));
    const { chain, fault } = openChain({ directory, clock: Date.now, random, host: { id: "bench" } });
    if (fault) throw new Error(fault.message);
    const made = await chain.commit(
      (state) => Array.from({ length: RECEIVERS }, (_, i) => clientAddress(state, `receiver-${i}`, "client:stdio")),
      "committed",
    );
    const pids = made.value;
    const send = ipcTools({ ledger: chain, signals: createSignals(), hostId: "bench" })["ipc.send"];
    const caller = { principal: "client:stdio", pid: 0 };
    const { signal } = new AbortController();
    let next = 0;
    const sender = async () => {
      while (next < sends) {
        const n = next++;
        const payload = {
          n,
          text: "a message of an ordinary size, some hundred bytes of text as agents tell each other",
        };
        const answer = await send(caller, { target_pid: pids[n % RECEIVERS], payload }, signal);
        if (answer.sent !== true) throw new Error(answer.message);
      }
    };
    const figures = await timed(sends, () => Promise.all(Array.from({ length: IN_FLIGHT }, sender)));
    await chain.close();
    return figures;
  });

/** The rows that a send writes: its event, its place in the inbox, the inbox's count. */
const bareLoop = (sends) =>
  inDirectory(async (directory) => {
    const { open } = createRequire(import.meta.url)("lmdb");
    const root = open({ path: join(directory, "state.mdb"), noSubdir: true, encoding: "binary", maxDbs: 8 });
    const events = root.openDB({ name: "events", encoding: "binary" });
    const state = root.openDB({ name: "state", encoding: "binary", keyEncoding: "binary" });
    const event = Buffer.alloc(300, 1);
    const message = Buffer.alloc(230, 2);
    const figures = await timed(sends, async () => {
      let last;
      for (let n = 0; n < sends; n++) {
        events.put(n, event);
        const key = Buffer.alloc(25, 3);
        key.writeUInt32BE(n % RECEIVERS, 7);
        key.writeUInt32BE(n, 16);
        state.put(key, message);
        last = state.put(key.subarray(0, 16), Buffer.from(String(n)));
      }
      await last;
    });
    await root.close();
    return figures;
  });

export async function ipcBench({ rounds = 5, sends = 50_000, roots = [ROOT] } = {}) {
  const kernels = [];
  for (const root of roots) kernels.push(await loadKernel(root));
  const cases = [() => bareLoop(sends), ...kernels.map((kernel) => () => kernelSends(kernel, sends))];
  const results = cases.map(() => []);
  for (const one of cases) await one(); // engine and disk warm up
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < cases.length; i++) results[i].push(await cases[i]());
  }
  const figure = (i, name) => median(results[i].map((one) => one[name]));
  process.stdout.write(
    `${"durable sends".padEnd(44)} ${"a second".padStart(9)} ${"of bare".padStart(8)} ${"processor".padStart(12)}\n`,
  );
  for (let i = 0; i < cases.length; i++) {
    const what = i === 0 ? "bare LMDB loop, the same rows" : `ipc.send${roots.length > 1 ? ` ${roots[i - 1]}` : ""}`;
    const share = median(results[i].map((one, round) => one.rate / results[0][round].rate));
    process.stdout.write(
      `${what.padEnd(44)} ${figure(i, "rate").toFixed(0).padStart(9)} ${share.toFixed(2).padStart(8)} ${figure(i, "cpu").toFixed(1).padStart(9)} µs\n`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rounds, sends, ...roots] = process.argv.slice(2);
  await ipcBench({
    ...(rounds && { rounds: Number(rounds) }),
    ...(sends && { sends: Number(sends) }),
    ...(roots.length > 0 && { roots }),
  });
}
