// A governed call beside an ungoverned one: tollgate against @modelcontextprotocol/server-filesystem, on the same
// files, in turns within one run. Each line is a ratio of medians; what is better is said in its unit.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./statistics.mjs";
import { StdioServer } from "./stdio-server.mjs";

const require = createRequire(import.meta.url);
const baselinePackage = require.resolve("@modelcontextprotocol/server-filesystem/package.json");

/** A folder of its own with what is read in it; how each of the two is started on it, and what its read is called. */
function prepare() {
  const scratch = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const root = join(scratch, "root");
  const [small, large] = [join(root, "small.txt"), join(root, "large.txt")];
  const oneOf1000 = (i) => join(root, `small-${i % 1000}.txt`);
  mkdirSync(root);
  writeFileSync(small, "twenty-four bytes here.\n");
  writeFileSync(large, "A line of text that an agent might read from a log.\n".repeat(20_165).slice(0, 1024 * 1024));
  for (let i = 0; i < 1000; i++) writeFileSync(oneOf1000(i), "twenty-four bytes here.\n");
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
  return { scratch, small, large, oneOf1000, servers };
}

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

const line = (what, ours, theirs, unit, goal) => {
  const ratio = ours / theirs;
  const met = goal.startsWith("≤") ? ratio <= Number(goal.slice(1)) : ratio >= Number(goal.slice(1));
  process.stdout.write(
    `${what.padEnd(44)} ${ours.toFixed(2).padStart(10)} ${theirs.toFixed(2).padStart(10)} ${unit.padEnd(8)} ratio ${ratio.toFixed(2)} (goal ${goal}: ${met ? "met" : "missed"})\n`,
  );
};

export async function filesystemBench() {
  const { scratch, small, large, oneOf1000, servers } = prepare();
  const inTurns = async (rounds, measure) => {
    const results = { tollgate: [], baseline: [] };
    for (let i = 0; i < rounds; i++)
      for (const name of Object.keys(results)) results[name].push(await measure(servers[name]));
    return results;
  };
  process.stdout.write(`${"".padEnd(44)} ${"tollgate".padStart(10)} ${"baseline".padStart(10)}\n`);
  try {
    await inTurns(1, start); // The first start of a fresh state directory makes the keys: not what is measured.
    const starts = await inTurns(15, start);
    line("start: spawn to initialize answered", median(starts.tollgate), median(starts.baseline), "ms", "≤0.5");

    const same = await inTurns(
      3,
      oneAtATime(() => small),
    );
    line("one 24-byte read at a time, p50", median(same.tollgate), median(same.baseline), "ms", "≤1.0");
    const spread = await inTurns(3, oneAtATime(oneOf1000));
    line("the same over 1000 files", median(spread.tollgate), median(spread.baseline), "ms", "≤1.0");

    const rate = (results) => median(results.map((r) => r.perSecond));
    const memory = (results) => median(results.map((r) => r.memory ?? Number.NaN));
    const single = await inTurns(
      3,
      inFlight(() => small, 10_000),
    );
    line("24-byte reads, 64 in flight", rate(single.tollgate), rate(single.baseline), "calls/s", "≥1.5");
    const many = await inTurns(3, inFlight(oneOf1000, 10_000));
    line("the same over 1000 files", rate(many.tollgate), rate(many.baseline), "calls/s", "≥1.5");
    const whole = await inTurns(
      2,
      inFlight(() => large, 256),
    );
    line("1 MiB reads, 64 in flight", rate(whole.tollgate), rate(whole.baseline), "calls/s", "≥4");
    line("peak memory of that", memory(whole.tollgate), memory(whole.baseline), "MiB", "≤0.15");
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
