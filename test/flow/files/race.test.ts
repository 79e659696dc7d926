// Names that change between check and use: a thread swaps the leaf and the parent directory for links to the outside
// while many calls are under way.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chainEvents, type Message, run, Served } from "../program.ts";
import { below, CANARY, describe, quickScratch } from "./ground.ts";

/** Swaps as fast as the system allows; what a tool put in the way is mended and tried again. */
const SWAPPER = `
const { workerData: { root, aside, flag } } = require("node:worker_threads");
const { lstatSync, renameSync, symlinkSync, rmSync } = require("node:fs");
const counter = new Int32Array(flag);
const move = (from, to) => { try { renameSync(from, to); return true; } catch { return false; } };
const link = (target, at) => {
  try { if (lstatSync(at).isSymbolicLink()) return; rmSync(at, { recursive: true }); } catch {}
  try { symlinkSync(target, at); } catch {}
};
while (Atomics.load(counter, 0) === 0) {
  link("../../out", root + "/a/d.link");
  link("../../out/file", root + "/a/leaf.link");
  // the parent directory
  let swapped = move(root + "/a/d", root + "/a/d.real") && move(root + "/a/d.link", root + "/a/d");
  move(root + "/a/d", root + "/a/d.link"); move(root + "/a/d.real", root + "/a/d");
  // a directory higher up
  swapped = move(root + "/p", root + "/p.real") && move(root + "/p.link", root + "/p") && swapped;
  move(root + "/p", root + "/p.link"); move(root + "/p.real", root + "/p");
  // the leaf
  move(root + "/a/leaf", root + "/a/leaf.file"); move(root + "/a/leaf.link", root + "/a/leaf");
  move(root + "/a/leaf", root + "/a/leaf.link"); move(root + "/a/leaf.file", root + "/a/leaf");
  // a directory that is carried outside while it is walked through
  move(root + "/a/m", aside + "/m"); move(aside + "/m", root + "/a/m");
  if (swapped) Atomics.add(counter, 1, 1);
}
`;

const IN_FLIGHT = 24;
const CALLS = 9_000;
const MAX_MS = 8_000;

/** One round of calls; `x` makes names that several calls in flight share, but not all. */
function round(x: number): readonly (readonly [tool: string, args: Record<string, unknown>])[] {
  const name = `n${x % 4}`;
  return [
    ["fs.read_file", { path: "a/d/file" }],
    ["fs.read_file", { path: "a/leaf" }],
    ["fs.read_file", { path: "p/q/d/sub/file" }],
    ["fs.read_file", { path: "a/m/sub/file" }],
    ["fs.read_file", { path: "a/d/sub/file", encoding: "base64" }],
    ["fs.write_file", { path: `a/d/${name}`, content: "inside" }],
    ["fs.write_file", { path: `a/d/log${name}`, content: "inside", append: true }],
    ["fs.write_file", { path: "a/leaf", content: "inside" }],
    ["fs.write_file", { path: `p/q/d/${name}`, content: "inside" }],
    ["fs.write_file", { path: "a/d/file", content: "inside" }],
    ["fs.create_dir", { path: "a/d/tree", recursive: false }],
    ["fs.write_file", { path: "a/d/tree/x", content: "inside" }],
    ["fs.remove", { path: "a/d/tree", recursive: true }],
    ["fs.remove", { path: `a/d/${name}` }],
    ["fs.remove", { path: `p/q/d/${name}` }],
    ["fs.remove", { path: `a/d/log${name}` }],
    ["fs.copy", { src: "a/leaf", dst: `b/${name}` }],
    ["fs.copy", { src: "a/d", dst: `b/tree${name}` }],
    ["fs.copy", { src: "own", dst: `a/d/copied${name}` }],
    ["fs.copy", { src: "tree", dst: `p/q/d/tree${name}` }],
    ["fs.move", { src: `a/d/copied${name}`, dst: `a/d/moved${name}` }],
    ["fs.move", { src: `b/${name}`, dst: `a/d/back${name}` }],
    ["fs.move", { src: "a/d/file2", dst: `b/file${name}` }],
    ["fs.remove", { path: `p/q/d/tree${name}`, recursive: true }],
    ["fs.read_dir", { path: "a/d" }],
    ["fs.glob", { pattern: "**", base_dir: "a/d" }],
    ["fs.glob", { pattern: "a/**" }],
    ["fs.stat", { path: "a/d/file" }],
    ["fs.exists", { path: "a/d/only-outside" }],
    ["fs.stat", { path: "p/q/d/only-outside" }],
  ];
}

const test = suite("swapped names");

test("a swapping thread gets nothing read, written, removed or listed outside, with many calls under way", async () => {
  if (process.platform !== "linux") return; // elsewhere this is not promised, and said so
  const place = quickScratch();
  const { home, root } = place;
  for (const folder of ["a/d/sub", "a/m/sub", "b", "p/q/d/sub", "tree/below"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const folder of ["out/sub", "out/tree", "out/q/d/sub", "out/m/sub", "aside", "config/tollgate"]) {
    mkdirSync(join(home, folder), { recursive: true });
  }
  const own = ["own", "a/d/file", "a/d/sub/file", "a/leaf", "a/m/sub/file", "p/q/d/sub/file", "tree/x", "tree/below/y"];
  for (const file of own) writeFileSync(join(root, file), "inside");
  const theirs = ["file", "file2", "sub/file", "tree/x", "only-outside", "q/d/sub/file", "q/d/only-outside"];
  for (let x = 0; x < 4; x++) theirs.push(`n${x}`, `logn${x}`, `q/d/n${x}`, `copiedn${x}`);
  for (const file of theirs) writeFileSync(join(home, "out", file), `${CANARY} ${file}`);
  symlinkSync("../out", join(root, "p.link"));
  writeFileSync(join(home, "config/tollgate/all.cedar"), '@id("all") permit (principal, action, resource);\n');
  const document = { policies: ["all.cedar"], thresholds: { development: 2.236 } };
  writeFileSync(join(home, "config/tollgate/tollgate.json"), JSON.stringify(document));
  const outside = () => [Buffer.from(join(home, "out")), ...below(join(home, "out"))].map(describe).join("\n");
  const before = outside();

  const served = new Served(place);
  await served.initialize();
  await served.call("fs.stat", { path: "." });
  const flag = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(SWAPPER, {
    eval: true,
    workerData: { flag: flag.buffer, root, aside: join(home, "aside") },
  });
  const ended = new Promise((resolve) => worker.once("exit", resolve));

  const wrong: string[] = [];
  const counts = { ok: 0, faults: new Map<string, number>() };
  const asked = new Map<number, string>();
  const judge = (message: Message) => {
    const call = asked.get(message.id);
    if (call === undefined) return;
    asked.delete(message.id);
    const text = JSON.stringify(message);
    const binary = message.result?.structuredContent?.encoding === "base64";
    const content = binary ? Buffer.from(message.result.structuredContent.content, "base64").toString() : "";
    const stat = call.startsWith("fs.stat") ? message.result?.structuredContent?.size : undefined;
    const leaks =
      text.includes(CANARY) ||
      content.includes(CANARY) ||
      (text.includes("only-outside") && !call.includes("only-outside")) ||
      (call.includes("only-outside") && (message.result?.structuredContent?.exists === true || stat !== undefined)) ||
      (stat !== undefined && stat !== 6);
    if (leaks) wrong.push(`${call} → ${text.slice(0, 300)}`);
    const code = message.result?._meta?.["dev.tollgate/fault"]?.code;
    if (message.result?.structuredContent !== undefined) counts.ok++;
    else counts.faults.set(code ?? text, (counts.faults.get(code ?? text) ?? 0) + 1);
  };

  let id = 0;
  const until = performance.now() + MAX_MS;
  try {
    const waiting: (readonly [string, Record<string, unknown>])[] = [];
    while (asked.size > 0 || (id < CALLS && performance.now() < until)) {
      while (asked.size < IN_FLIGHT && id < CALLS && performance.now() < until) {
        if (waiting.length === 0) waiting.push(...round(id));
        const [name, args] = waiting.shift()!;
        asked.set(++id, `${name} ${JSON.stringify(args)}`);
        served.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } });
      }
      await served.next(() => true);
      for (const message of served.messages.splice(0)) judge(message);
    }
  } finally {
    Atomics.store(flag, 0, 1);
    await ended;
  }
  assert.is(await served.close(), 0);
  const said = `${id} calls, ${flag[1]} rounds, ${counts.ok} ok, ${JSON.stringify([...counts.faults])}`;

  assert.equal(wrong, [], said);
  assert.is(outside(), before, "nothing outside has changed");
  const copied = [...below(root)].filter((path) => /^1006/.test(modeOf(path)) && readFileSync(path).includes(CANARY));
  assert.equal(copied.map(String), [], "nothing from outside is in the root now");
  assert.ok((flag[1] ?? 0) > 1_000, `the thread swapped too little: ${said}`);
  assert.ok(counts.ok > id / 10, `too little worked: ${said}`);
  assert.ok((counts.faults.get("permission-denied") ?? 0) > 10, `the race was hardly met: ${said}`);
  for (const code of ["internal", "wasm-trap", "tool-output-invalid", "worker-lost"]) {
    assert.not.ok(counts.faults.has(code), `${code}: ${said}`);
  }

  const ends = (await chainEvents(place)).filter(({ kind }) => kind === "call.outcome" || kind === "call.refused");
  assert.is(ends.length, id + 1, "one end of every call is on the chain");
  assert.is(new Set(ends.map(({ payload }) => payload.call_id)).size, id + 1);
  assert.is((await run(place, ["chain", "verify"])).code, 0);
  place.remove();
});

const modeOf = (path: Buffer): string => describe(path).split(" ")[2] ?? "";

test.run();
