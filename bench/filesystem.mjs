// A governed call beside an ungoverned one: tollgate against @modelcontextprotocol/server-filesystem, on the same
// files, in turns within one run. Each line is a ratio of medians; what is better is said in its unit.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { StdioServer } from "./stdio-server.mjs";

const require = createRequire(import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
const root = join(scratch, "root");
mkdirSync(root);
const SMALL = join(root, "small.txt");
const LARGE = join(root, "large.txt");
writeFileSync(SMALL, "twenty-four bytes here.\n");
writeFileSync(LARGE, "A line of text that an agent might read from a log.\n".repeat(20_165).slice(0, 1024 * 1024));
for (let i = 0; i < 1000; i++) writeFileSync(join(root, `small-${i}.txt`), "twenty-four bytes here.\n");

const baselinePackage = require.resolve("@modelcontextprotocol/server-filesystem/package.json");
const servers = {
  tollgate: {
    command: [process.execPath, fileURLToPath(new URL("../dist/main.js", import.meta.url)), "serve", root],
    tool: "fs_read_file",
    env: { XDG_STATE_HOME: join(scratch, "state"), XDG_CONFIG_HOME: join(scratch, "config") },
  },
  baseline: {
    command: [process.execPath, join(dirname(baselinePackage), "dist/index.js"), root],
    tool: "read_text_file",
    env: {},
  },
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const timed = async (work) => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

async function withServer({ command, env }, work) {
  const server = new StdioServer(command, { env });
  try {
    await server.initialize();
    return await work(server);
  } finally {
    await server.close();
  }
}

/** Milliseconds from spawn to the answer to `initialize`. */
async function start(subject) {
  const server = new StdioServer(subject.command, { env: subject.env });
  const elapsed = await timed(() => server.initialize());
  await server.close();
  return elapsed;
}

/** Median milliseconds of one read at a time; `path` names the file of the i-th call. */
const oneAtATime = (path) => (subject) =>
  withServer(subject, async (server) => {
    for (let i = 0; i < 300; i++) await server.call(subject.tool, { path: path(i) });
    const times = [];
    for (let i = 0; i < 2000; i++) times.push(await timed(() => server.call(subject.tool, { path: path(i) })));
    return median(times);
  });

/** Calls a second with 64 in flight, and the peak memory of the server in MiB. */
const inFlight = (path, total) => (subject) =>
  withServer(subject, async (server) => {
    let left = total;
    const worker = async () => {
      while (left-- > 0) await server.call(subject.tool, { path: path(left) });
    };
    const run = () => Promise.all(Array.from({ length: 64 }, worker));
    await run();
    left = total;
    const elapsed = await timed(run);
    return { perSecond: (total / elapsed) * 1000, memory: server.peakMemory() };
  });

async function inTurns(rounds, measure) {
  const results = { tollgate: [], baseline: [] };
  for (let i = 0; i < rounds; i++)
    for (const name of ["tollgate", "baseline"]) results[name].push(await measure(servers[name]));
  return results;
}

const line = (what, ours, theirs, unit, goal) => {
  const ratio = ours / theirs;
  const met = goal.startsWith("≤") ? ratio <= Number(goal.slice(1)) : ratio >= Number(goal.slice(1));
  process.stdout.write(
    `${what.padEnd(44)} ${ours.toFixed(2).padStart(10)} ${theirs.toFixed(2).padStart(10)} ${unit.padEnd(8)} ratio ${ratio.toFixed(2)} (goal ${goal}: ${met ? "met" : "missed"})\n`,
  );
};

export async function filesystemBench() {
  process.stdout.write(`${"".padEnd(44)} ${"tollgate".padStart(10)} ${"baseline".padStart(10)}\n`);
  try {
    await inTurns(1, start); // The first start of a fresh state directory makes the keys: not what is measured.
    const starts = await inTurns(15, start);
    line("start: spawn to initialize answered", median(starts.tollgate), median(starts.baseline), "ms", "≤0.5");

    const same = await inTurns(
      3,
      oneAtATime(() => SMALL),
    );
    line("one 24-byte read at a time, p50", median(same.tollgate), median(same.baseline), "ms", "≤1.0");
    const spread = await inTurns(
      3,
      oneAtATime((i) => join(root, `small-${i % 1000}.txt`)),
    );
    line("the same over 1000 files", median(spread.tollgate), median(spread.baseline), "ms", "≤1.0");

    const rate = (results) => median(results.map((r) => r.perSecond));
    const memory = (results) => median(results.map((r) => r.memory ?? Number.NaN));
    const small = await inTurns(
      3,
      inFlight(() => SMALL, 10_000),
    );
    line("24-byte reads, 64 in flight", rate(small.tollgate), rate(small.baseline), "calls/s", "≥1.5");
    const many = await inTurns(
      3,
      inFlight((i) => join(root, `small-${i % 1000}.txt`), 10_000),
    );
    line("the same over 1000 files", rate(many.tollgate), rate(many.baseline), "calls/s", "≥1.5");
    const large = await inTurns(
      2,
      inFlight(() => LARGE, 256),
    );
    line("1 MiB reads, 64 in flight", rate(large.tollgate), rate(large.baseline), "calls/s", "≥4");
    line("peak memory of that", memory(large.tollgate), memory(large.baseline), "MiB", "≤0.15");
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
