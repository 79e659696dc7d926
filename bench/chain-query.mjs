// Finding events by kind or source on a long chain, beside a look at every event, on the same chain within one run.
// `node bench/chain-query.mjs [events]`; a million where absent.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { median } from "./statistics.mjs";

const ROUNDS = 41;
const BATCH = 500;
/** Of so many events one is of the rare kind. */
const RARE = 25_000;

/** `openChain` of this checkout, bundled from its source where LMDB is found. */
async function loadChain() {
  const root = fileURLToPath(new URL("..", import.meta.url));
  mkdirSync(join(root, "dist"), { recursive: true });
  const folder = mkdtempSync(join(root, "dist/bench-"));
  try {
    const outfile = join(folder, "chain.mjs");
    const stdin = { contents: 'export { openChain } from "./src/chain/chain.ts";', resolveDir: root, loader: "ts" };
    const banner = { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' };
    const shared = { bundle: true, format: "esm", platform: "node", external: ["lmdb"], logLevel: "error" };
    await build({ stdin, outfile, banner, ...shared });
    return (await import(pathToFileURL(outfile).href)).openChain;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a look at every event finds, newest first or from a sequence on, until there are enough. */
function scan(chain, { source, kind, sinceSequence, order, count }) {
  const found = [];
  let next = order === "descending" ? { untilSequence: undefined } : { sinceSequence };
  for (;;) {
    const page = chain.query({ order, count: 1000, ...next });
    for (const event of page.events) {
      if ((source === undefined || event.source === source) && (kind === undefined || event.kind === kind))
        found.push(event);
      if (found.length >= count) return found;
    }
    if (page.next === undefined) return found;
    next = order === "descending" ? { untilSequence: page.next } : { sinceSequence: page.next };
  }
}

const timed = (work) => {
  const started = performance.now();
  const found = work();
  return { ms: performance.now() - started, found: found.map(({ sequence }) => sequence).join() };
};

export async function chainQueryBench(events = 1_000_000) {
  const openChain = await loadChain();
  const directory = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const random = (bytes) => new Uint8Array(bytes).fill(7);
  const opened = openChain({ directory, clock: Date.now, random, host: { id: "bench" }, checkpointEvery: 1 << 30 });
  if (!opened.ok) throw new Error(opened.fault.message);
  const { chain } = opened;
  for (let n = 0; n < events; n += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => {
      const rare = (n + i) % RARE === 0;
      const kind = rare ? "agent.crashed" : i % 3 === 0 ? "ipc.sent" : "call.outcome";
      const payload = { call_id: `${n + i}`, n: n + i };
      return chain.append({ source: kind === "call.outcome" ? "host" : "kernel", kind, payload }, "committed");
    });
    await Promise.all(batch);
  }
  // Queries keep the thread from going on with the index, which is behind after so many events at once.
  await setTimeout(1000 + events / 200);
  const newest = { order: "descending", count: 20 };
  const cases = {
    "a rare kind, newest 20": { kind: "agent.crashed", ...newest },
    "a common kind, newest 20": { kind: "ipc.sent", ...newest },
    "a source, newest 20": { source: "kernel", ...newest },
    "a source and a kind, newest 20": { source: "kernel", kind: "agent.crashed", ...newest },
    "a kind that is not there": { kind: "agent.resumed", ...newest },
    "a rare kind, from the middle on": {
      kind: "agent.crashed",
      sinceSequence: events / 2,
      order: "ascending",
      count: 20,
    },
  };
  console.log(`\nchain query, ${events} events: p50 of ${ROUNDS}, worst, and the time a look at every event takes`);
  for (const [name, query] of Object.entries(cases)) {
    const rounds = Array.from({ length: ROUNDS }, () => timed(() => chain.query(query).events));
    const scanned = timed(() => scan(chain, query));
    if (rounds[0].found !== scanned.found) throw new Error(`${name}: the index finds other events`);
    const times = rounds.map(({ ms }) => ms);
    const p50 = median(times);
    const ratio = (scanned.ms / p50).toFixed(1);
    console.log(
      `  ${name.padEnd(34)} ${p50.toFixed(3)} ms, ${Math.max(...times).toFixed(3)} ms, ${scanned.ms.toFixed(1)} ms (${ratio} times)`,
    );
  }
  await chain.close();
  rmSync(directory, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await chainQueryBench(Number(process.argv[2] ?? 1_000_000));
