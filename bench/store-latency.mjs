// What a fresh store costs on top of a bare round trip to a worker: p50 of runs, one at a time, less p50 of a message that
// a worker sends straight back, in turns within one run. A WASI command of 10 KB, and QuickJS where TOLLGATE_QUICKJS names
// its module: the run instantiates it, metered, and calls `_start`, which for QuickJS without input does what it does.
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import wabtFactory from "wabt";
import { builtStore } from "../scripts/built-store.mjs";
import { isStarted, scriptArguments } from "../scripts/script-arguments.mjs";

const ROUNDS = 9;
const TRIPS = 400;
const QUICKJS_IMPORTS = [
  "host_get_timezone_offset",
  "host_interrupt",
  "host_promise_rejection",
  "host_module_normalize",
  "host_module_load",
  "host_call",
];

/** A command of about 10 KB that writes five bytes: the functions are there to be loaded. */
function command() {
  const padding = Array.from(
    { length: 160 },
    (_, i) => `(func (param i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const ${i * 7919}))
      (i32.xor (i32.load (i32.and (local.get 0) (i32.const 65532))) (i32.shr_u (local.get 0) (i32.const ${i % 31})))))`,
  ).join("\n");
  return `(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2) (data (i32.const 16) "hello") (data (i32.const 1024) "${"tollgate".repeat(600)}") ${padding}
    (func (export "_start") (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 5))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;
}

/**
 * QuickJS as a guest: what it imports from `env` becomes host calls, and the function that tells its version the entry.
 * Sections of ids 2 and 7 hold imports and exports (core specification 5.5.5 and 5.5.10).
 */
function quickjsGuest(bytes) {
  const text = Buffer.from(bytes).toString("latin1");
  const name = (word) => String.fromCharCode(word.length) + word;
  const sections = [];
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      size += (bytes[at] & 127) << shift;
      if (bytes[at++] < 128) break;
    }
    let body = text.slice(at, at + size);
    at += size;
    if (id === 2) body = body.replaceAll(name("env"), name("tollgate"));
    if (id === 7) body = body.replace(name("qjs_get_quickjs_version"), name("run"));
    let length = "";
    for (let left = body.length; ; left >>>= 7) {
      length += String.fromCharCode(left > 127 ? (left & 127) | 128 : left);
      if (left <= 127) break;
    }
    sections.push(String.fromCharCode(id) + length + body);
  }
  return new Uint8Array(Buffer.from(text.slice(0, 8) + sections.join(""), "latin1"));
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function p50(call) {
  const times = [];
  for (let i = 0; i < TRIPS; i++) {
    const started = performance.now();
    await call();
    times.push((performance.now() - started) * 1000);
  }
  return median(times);
}

/** A worker that sends each message back. */
function echo() {
  const source = `const { parentPort } = require("node:worker_threads");
    parentPort.on("message", (message) => parentPort.postMessage(message));`;
  const worker = new Worker(source, { eval: true });
  let answered;
  worker.on("message", () => answered());
  const call = () =>
    new Promise((resolve) => {
      answered = resolve;
      worker.postMessage({ bytes: new Uint8Array(64) });
    });
  return { call, close: () => worker.terminate() };
}

export async function storeLatencyBench() {
  const { openStore } = await builtStore();
  const wabt = await wabtFactory();
  const module = wabt.parseWat("command.wat", command());
  const guests = [["a WASI command", module.toBinary({}).buffer]];
  module.destroy();
  const quickjs = process.env.TOLLGATE_QUICKJS;
  if (quickjs === undefined) process.stdout.write("QuickJS is left out: TOLLGATE_QUICKJS names no module\n");
  else guests.push(["QuickJS", quickjsGuest(readFileSync(quickjs))]);
  const handler = () => new Uint8Array(0);
  const hostCalls = Object.fromEntries(QUICKJS_IMPORTS.map((name) => [name, { handler }]));
  const store = openStore({ workers: 1, hostCalls });
  const { call: posted, close } = echo();
  const limits = { fuel: 50_000_000, memoryBytes: 64 * 1_048_576 };
  for (const [name, bytes] of guests) {
    const loaded = store.load(bytes);
    if (!loaded.ok) throw new Error(loaded.fault.message);
    let ended = "";
    const run = async () => {
      const outcome = await store.run(store.permit(loaded.module, { limits, hostCalls: QUICKJS_IMPORTS }), {
        stdin: new Uint8Array(0),
      });
      ended = outcome.kind === "exited" ? `exit code ${outcome.exitCode}` : outcome.fault.code;
    };
    const over = [];
    const runs = [];
    const bare = [];
    for (let round = -2; round < ROUNDS; round++) {
      const [ours, theirs] = [await p50(run), await p50(posted)];
      if (round < 0) continue; // warms up
      runs.push(ours);
      bare.push(theirs);
      over.push(ours - theirs);
    }
    const figures = [median(runs), median(bare), median(over), Math.min(...over)].map((us) => us.toFixed(1));
    process.stdout.write(
      `${name}, ${bytes.length} bytes (${ended}): p50 ${figures[0]} µs, bare ${figures[1]} µs, over it ${figures[2]} µs, least ${figures[3]} µs\n`,
    );
  }
  await close();
  await store.close();
}

if (isStarted(import.meta.url)) {
  scriptArguments(import.meta.url, {});
  await storeLatencyBench();
}
