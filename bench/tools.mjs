// Deployed tools: a call of one beside a call of the same tool as if it shipped; a start with 200 of them beside a start
// with none; how soon a client hears that one became active. By itself: `node bench/tools.mjs [rounds]`. Needs the built
// program.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import initWabt from "wabt";
import { isStarted, numberFrom, scriptArguments } from "../scripts/script-arguments.mjs";
import { loadHost } from "./host-source.mjs";
import { median } from "./statistics.mjs";
import { StdioServer } from "./stdio-server.mjs";

const ROOT = new URL("..", import.meta.url);
const MAIN = fileURLToPath(new URL("dist/main.js", ROOT));
const TOOLS = 200;
const PER_PACKAGE = 50;
const CALLS = 300;
const BLOCKS = 20;
const BLOCK_CALLS = 60;

const ANSWER = '{"text":"hello"}';
const WAT = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "${ANSWER.replaceAll('"', '\\"')}")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const ${ANSWER.length}))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;

/** A tool.json as long as those that ship are in the middle. */
const document = (name, version = "1.0.0") => ({
  name,
  version,
  title: "Greet",
  description: "Greets somebody. ".repeat(30),
  parameters: {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      ["name", "language", "style"].map((key) => [key, { type: "string", description: "What it is. ".repeat(8) }]),
    ),
  },
  output: { type: "object", additionalProperties: false, properties: { text: { type: "string" } } },
  effect: {},
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  module: "greet.wasm",
});

function writeTool(folder, module, written) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "greet.wasm"), module);
  writeFileSync(join(folder, "tool.json"), JSON.stringify(written));
}

const letters = (n) => String.fromCharCode(97 + Math.floor(n / 20)).concat("bcdfghjkpqrstvwxyzae"[n % 20]);

function command(place, ...args) {
  const env = { ...process.env, HOME: place, XDG_CONFIG_HOME: place, XDG_STATE_HOME: place };
  return execFileSync(process.execPath, [MAIN, ...args, "--state-dir", join(place, "state")], { env, cwd: place });
}

function deployMany(place, module) {
  for (let first = 0; first < TOOLS; first += PER_PACKAGE) {
    const bag = join(place, `bag${first}`);
    const tools = Array.from({ length: PER_PACKAGE }, (_, n) => `t${n}`);
    for (const [n, folder] of tools.entries())
      writeTool(join(bag, folder), module, document(`acme.x${letters(first + n)}`));
    writeFileSync(join(bag, "package.json"), JSON.stringify({ name: "bag", version: "1.0.0", tollgate: { tools } }));
    command(place, "tool", "add", bag, "--activate");
  }
}

/** One call of each, by turns: the deployed tool, and the same one in the place of a tool that ships. */
async function callBench(place, module, rounds) {
  const { prepareHost, openPrepared, resolveSettings } = await loadHost();
  writeTool(join(place, "greet"), module, document("acme.greet"));
  command(place, "tool", "deploy", "greet", "--activate");
  const root = join(place, "root");
  mkdirSync(root, { recursive: true });
  const flags = { roots: [root], policies: [], sudo: false, stateDirectory: join(place, "state") };
  const resolved = await resolveSettings(flags, { cwd: place, env: { HOME: place } });
  const random = (n) => crypto.getRandomValues(new Uint8Array(n));
  const ambient = { env: {}, cwd: place, clock: Date.now, random, packageRoot: ROOT };
  const { prepared } = await prepareHost(resolved.settings, ambient);
  let real;
  const twin = {
    get manifest() {
      return manifest;
    },
    get moduleHash() {
      return real?.moduleHash;
    },
    moduleBytes: module,
    checkArguments: (value) => real.checkArguments(value),
    checkAnswer: (value) => real.checkAnswer(value),
  };
  let manifest = { ...document("bench.greet"), limits: {}, resources: [], hostCalls: [], filesystem: "none" };
  prepared.program.registry.set("bench.greet", twin);
  const opened = await openPrepared(prepared);
  if (!opened.ok) throw new Error(opened.fault.message);
  const { host } = opened;
  const { signal } = new AbortController();
  const call = async (tool) => {
    const request = { principal: { kind: "operator", id: "cli" }, tool, args: { name: "x" }, signal, canAsk: false };
    const answer = await host.call(request);
    if (answer.kind !== "result") throw new Error(JSON.stringify(answer));
  };
  await call("acme.greet");
  real = host.registry.get("acme.greet");
  manifest = { ...real.manifest, name: "bench.greet" };
  const refused = host.gate.learn(manifest, real.moduleHash);
  if (refused !== undefined) throw new Error(refused.message);
  const names = ["acme.greet", "bench.greet"];
  for (let n = 0; n < 2 * CALLS; n++) await call(names[n % 2]);
  const times = [[], []];
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const of = [[], []];
    for (let n = 0; n < 2 * CALLS; n++) {
      const which = (n + round) % 2;
      const begin = performance.now();
      await call(names[which]);
      of[which].push(performance.now() - begin);
    }
    for (const which of [0, 1]) times[which].push(median(of[which]));
    ratios.push(median(of[0]) / median(of[1]));
  }
  // The same in processor time of all threads, in short blocks by turns: steadier where others use the machine as well.
  const spent = [[], []];
  for (let round = 0; round < rounds * BLOCKS; round++) {
    for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const before = process.cpuUsage();
      for (let n = 0; n < BLOCK_CALLS; n++) await call(names[which]);
      const { user, system } = process.cpuUsage(before);
      spent[which].push((user + system) / BLOCK_CALLS);
    }
  }
  const byTurns = median(spent[0].map((one, n) => one / spent[1][n]));
  await host.close("measured");
  const [deployed, shipped] = times.map((all) => median(all) * 1000);
  console.log(
    `  a call             ${deployed.toFixed(0)} µs, as if it shipped ${shipped.toFixed(0)} µs   ratio ${median(ratios).toFixed(3)}`,
  );
  console.log(
    `  in processor time  ${median(spent[0]).toFixed(0)} µs, as if it shipped ${median(spent[1]).toFixed(0)} µs   ratio ${(median(spent[0]) / median(spent[1])).toFixed(3)}, by turns ${byTurns.toFixed(3)}`,
  );
}

async function timeStart(place, times) {
  const begin = performance.now();
  const command = [process.execPath, MAIN, "serve", join(place, "root"), "--state-dir", join(place, "state")];
  const server = new StdioServer(command, { env: { XDG_CONFIG_HOME: place, HOME: place } });
  await server.initialize();
  times.answered.push(performance.now() - begin);
  const { tools } = await server.request("tools/list", {});
  times.listed.push(performance.now() - begin);
  await server.call("fs_exists", { path: "nothing" });
  times.called.push(performance.now() - begin);
  await server.close();
  return tools.length;
}

async function startBench(places, rounds) {
  const times = places.map(() => ({ answered: [], listed: [], called: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const which of [0, 1]) await timeStart(places[which], times[which]);
  }
  for (const [name, key] of [
    ["to the handshake", "answered"],
    ["to the list", "listed"],
    ["to a first call", "called"],
  ]) {
    const [none, many] = times.map((one) => median(one[key]));
    console.log(
      `  ${name.padEnd(18)} ${many.toFixed(0)} ms, with none ${none.toFixed(0)} ms   ratio ${(many / none).toFixed(2)}`,
    );
  }
}

/** From the event's time on the chain to the client's notification. */
async function changeBench(place, module, rounds) {
  const server = new StdioServer(
    [process.execPath, MAIN, "serve", join(place, "root"), "--state-dir", join(place, "state")],
    {
      env: { XDG_CONFIG_HOME: place, HOME: place },
    },
  );
  await server.initialize();
  await server.request("tools/list", {});
  const took = [];
  for (let round = 1; round <= rounds; round++) {
    writeTool(join(place, "greet"), module, document("acme.greet", `1.${round}.0`));
    command(place, "tool", "deploy", "greet");
    const heard = new Promise((resolve) => {
      server.onNotification = ({ method }) => method === "notifications/tools/list_changed" && resolve(Date.now());
    });
    command(place, "tool", "activate", "acme.greet", `1.${round}.0`, "--accept");
    const at = await heard;
    const events = command(place, "chain", "tail", "-n", "40", "--json").toString().trim().split("\n").map(JSON.parse);
    took.push(at - Date.parse(events.findLast(({ kind }) => kind === "tool.activate").timestamp));
  }
  await server.close();
  console.log(`  a change is heard  ${median(took)} ms after its event (${Math.min(...took)} to ${Math.max(...took)})`);
}

export async function toolsBench({ rounds = 7 } = {}) {
  const wabt = await initWabt();
  const module = new Uint8Array(wabt.parseWat("greet.wat", WAT).toBinary({}).buffer);
  const places = [0, 1, 2].map(() => mkdtempSync(join(tmpdir(), "tollgate-bench-")));
  try {
    for (const place of places) mkdirSync(join(place, "root"));
    console.log(`\ndeployed tools, and a start with ${TOOLS} of them (p50)`);
    await callBench(places[2], module, rounds);
    deployMany(places[1], module);
    await startBench(places, rounds);
    await changeBench(places[2], module, rounds);
  } finally {
    for (const place of places) rmSync(place, { recursive: true, force: true });
  }
}

if (isStarted(import.meta.url)) {
  const { positionals } = scriptArguments(import.meta.url, { allowPositionals: true });
  const [rounds = 7] = positionals.map((text) => numberFrom(text, "rounds"));
  await toolsBench({ rounds });
}
