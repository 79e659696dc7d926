import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LogLine, Progress } from "../../src/contract/note.ts";
import { bytesOf, ending, openTestStore, stdoutOf, type TestStore } from "./test-store.ts";

const CALL = `(import "tollgate" "tool.call" (func $call (param i32 i32) (result i32)))`;
/** Calls a tool with one byte and exits with what it was answered: the length, or negative an error's. */
const CALLER = `(module ${CALL} (memory (export "memory") 1)
  (func (export "run") (result i32) (call $call (i32.const 0) (i32.const 1))))`;
const LEAF = `(module (func (export "run") (result i32) i32.const 7))`;
const GRANT = { hostCalls: ["tool.call"], limits: { deadlineMs: 20_000 } };

test("tools that call tools in the same store, one worker, end without a deadlock, also many at once", async () => {
  let store: TestStore;
  const options = {
    workers: 1,
    hostCalls: {
      "tool.call": {
        handler: async (_: Uint8Array, context: { depth: number }) => {
          const last = context.depth >= 3;
          const outcome = await store.go(last ? LEAF : CALLER, GRANT, { parent: context as never });
          return bytesOf("x".repeat(outcome.kind === "exited" ? outcome.exitCode + 1 : 100));
        },
      },
    },
  };
  store = openTestStore(options);
  // four levels, each of which adds one to what the leaf gave
  assert.is(ending(await store.go(CALLER, GRANT)), "exited 11");
  const outcomes = await Promise.all([0, 1, 2].map((i) => store.go(CALLER, GRANT, { principal: `${i}` })));
  assert.equal(outcomes.map(ending), ["exited 11", "exited 11", "exited 11"]);
  await store.close();
});

test("a tool that calls itself without end is overloaded at the bound of the nesting, with depth and limit", async () => {
  let store: TestStore;
  const deepest: unknown[] = [];
  store = openTestStore({
    hostCalls: {
      "tool.call": {
        handler: async (_, parent) => {
          const outcome = await store.go(CALLER, GRANT, { parent });
          if (outcome.kind === "fault") deepest.push([outcome.fault.code, outcome.fault.data]);
          return bytesOf("");
        },
      },
    },
  });
  assert.is(ending(await store.go(CALLER, GRANT)), "exited 0");
  assert.equal(deepest, [["overloaded", { depth: 9, limit: 8 }]]);
  await store.close();
});

test("nesting that does not name its parent is bounded by threads: the call that would take the last is overloaded", async () => {
  let store: TestStore;
  let runs = 0;
  store = openTestStore({
    workers: 1,
    hostCallThreads: 6,
    hostCalls: {
      "tool.call": {
        handler: async (request) => {
          runs++;
          const outcome = await store.go(ASK, GRANT, { stdin: request, principal: `${runs}` });
          return bytesOf(stdoutOf(outcome));
        },
      },
    },
  });
  /** Gives back what it was answered, an error document too. */
  const ASK = `(module ${CALL} (import "tollgate" "answer_read" (func $read (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (func (export "execute") (param i32 i32) (result i32 i32) (local $n i32)
      (local.set $n (call $call (i32.const 0) (i32.const 0)))
      (i32.const 0) (call $read (i32.const 0) (i32.const 0) (i32.const 60000))))`;
  const { code, data } = JSON.parse(stdoutOf(await store.go(ASK, GRANT)));
  assert.equal([code, data], ["overloaded", { limit: 6 }]);
  assert.is(runs, 6);
  assert.ok(store.stats().workers <= 7);
  await store.close();
});

test("one principal whose calls all wait leaves threads to another's", async () => {
  const release: (() => void)[] = [];
  const store = openTestStore({
    workers: 1,
    hostCallThreads: 6,
    hostCalls: {
      "tool.call": { handler: () => new Promise((resolve) => release.push(() => resolve(bytesOf("ok")))) },
    },
  });
  const flood = Array.from({ length: 12 }, () => store.go(CALLER, GRANT, { principal: "flood" }));
  while (release.length < 3) await sleep(5);
  const other = store.go(CALLER, GRANT, { principal: "other" });
  while (release.length < 4) await sleep(5);
  for (const go of release.splice(0)) go();
  assert.is(ending(await other), "exited 2");
  const timer = setInterval(() => {
    for (const go of release.splice(0)) go();
  }, 5);
  const endings = (await Promise.all(flood)).map(ending);
  clearInterval(timer);
  assert.ok(endings.includes("exited 2"));
  assert.ok(
    endings.some((end) => end !== "exited 2"),
    "those beyond its share were told overloaded",
  );
  await store.close();
});

test("a nested run ends with the run that it is nested in", async () => {
  let store: TestStore;
  let inner: Promise<string> | undefined;
  const spin = `(module (func (export "_start") (loop (br 0))))`;
  store = openTestStore({
    hostCalls: {
      "tool.call": {
        handler: (_, parent) => {
          inner = store.go(spin, { limits: { fuel: 1e11, deadlineMs: 60_000 } }, { parent }).then(ending);
          return new Promise(() => {});
        },
      },
    },
  });
  assert.is(ending(await store.go(CALLER, { ...GRANT, limits: { deadlineMs: 150 } })), "execution-timeout");
  assert.is(await inner, "cancelled");
  await store.close();
});

const NOTES = `(import "tollgate" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "tollgate" "progress" (func $progress (param f64 f64 i32 i32) (result i32)))`;
const noting = (body: string) => `(module ${NOTES} (memory (export "memory") 1) (data (i32.const 16) "step")
  (func (export "run") (result i32) (local $i i32) ${body}))`;
const TELL = { hostCalls: ["log", "progress"], limits: { fuel: 50_000_000 } };

interface Told {
  readonly lines: LogLine[];
  readonly progress: Progress[];
}

async function tell(store: TestStore, body: string): Promise<Told & { ends: string; after: number }> {
  const lines: LogLine[] = [];
  const progress: Progress[] = [];
  const order: string[] = [];
  const outcome = await store.go(noting(body), TELL, {
    onLog: (line) => {
      order.push("log");
      lines.push(line);
    },
    onProgress: (step) => progress.push(step),
  });
  const count = lines.length + progress.length;
  await sleep(10);
  return { lines, progress, ends: ending(outcome), after: lines.length + progress.length - count };
}

test("what a guest logs and how far it says it is arrive in order and before the outcome", async () => {
  const store = openTestStore();
  const told = await tell(
    store,
    `(drop (call $log (i32.const 1) (i32.const 16) (i32.const 4)))
     (drop (call $progress (f64.const 1) (f64.const 3) (i32.const 16) (i32.const 4)))
     (drop (call $progress (f64.const 2) (f64.const 3) (i32.const 0) (i32.const 0)))
     (drop (call $progress (f64.const 3) (f64.const 3) (i32.const 0) (i32.const 0)))
     (drop (call $log (i32.const 3) (i32.const 16) (i32.const 2))) (i32.const 5)`,
  );
  assert.equal(told.lines, [
    { level: "info", message: "step" },
    { level: "error", message: "st" },
  ]);
  assert.equal(told.progress.at(0), { done: 1, total: 3, message: "step" });
  assert.equal(told.progress.at(-1), { done: 3, total: 3, message: "" }, "the last is never left out");
  assert.equal([told.ends, told.after], ["exited 5", 0]);
  await store.close();
});

test("a flood of notes is bounded: progress by time, log by lines and bytes, and what was dropped is counted", async () => {
  const store = openTestStore();
  const loop = (body: string, times: number) =>
    `(loop ${body} (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get $i) (i32.const ${times})))) (i32.const 0)`;
  const lines = (await tell(store, loop("(drop (call $log (i32.const 0) (i32.const 16) (i32.const 4)))", 5000))).lines;
  assert.is(lines.length, 1001);
  assert.equal([lines.at(-1)?.level, lines.at(-1)?.dropped], ["warning", 4000]);
  const long = (await tell(store, loop("(drop (call $log (i32.const 0) (i32.const 0) (i32.const 65536)))", 100))).lines;
  assert.is(long.length, 65);
  assert.is(long[0]?.message.length, 4096);
  assert.is(long.at(-1)?.dropped, 36);
  const step = "(drop (call $progress (f64.convert_i32_u (local.get $i)) (f64.const 9) (i32.const 0) (i32.const 0)))";
  const { progress } = await tell(store, loop(step, 20_000));
  assert.ok(progress.length < 2000, `${progress.length}`);
  assert.is(progress.at(-1)?.done, 19_999);
  await store.close();
});

test("notes with hostile figures and pointers are refused to the guest and tell nobody", async () => {
  const store = openTestStore();
  for (const [call, errno] of [
    ["(call $log (i32.const 4) (i32.const 0) (i32.const 1))", 28],
    ["(call $log (i32.const -1) (i32.const 0) (i32.const 1))", 28],
    ["(call $log (i32.const 0) (i32.const 65535) (i32.const 2))", 21],
    ["(call $log (i32.const 0) (i32.const -1) (i32.const -1))", 21],
    ["(call $progress (f64.const nan) (f64.const 1) (i32.const 0) (i32.const 0))", 28],
    ["(call $progress (f64.const 1) (f64.const inf) (i32.const 0) (i32.const 0))", 28],
    ["(call $progress (f64.const 1) (f64.const 1) (i32.const 65536) (i32.const 1))", 21],
  ] as const) {
    const told = await tell(store, call);
    assert.equal([told.ends, told.lines, told.progress], [`exited ${errno}`, [], []], call);
  }
  assert.is(ending(await store.go(noting("(i32.const 0)"))), "import-refused");
  await store.close();
});

test("a run that ends by a fault has told what it told before", async () => {
  const store = openTestStore();
  const told = await tell(store, "(drop (call $log (i32.const 2) (i32.const 16) (i32.const 4))) unreachable");
  assert.equal([told.ends, told.lines], ["wasm-trap", [{ level: "warning", message: "step" }]]);
  await store.close();
});

test.run();
