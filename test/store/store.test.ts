import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPermitOffice, type Permit } from "../../src/contract/permit.ts";
import { bytesOf, ending, openTestStore, stdoutOf, wat } from "./test-store.ts";

const SEVEN = `(module (func (export "run") (result i32) i32.const 7))`;
const SPIN = `(module (func (export "_start") (loop (br 0))))`;
/** More than any test waits for. */
const ENDLESS = { limits: { fuel: 100_000_000_000, deadlineMs: 60_000 } };
const ECHO = `(module (memory (export "memory") 1)
  (func (export "execute") (param i32 i32) (result i32 i32) local.get 0 local.get 1))`;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1);
}

test("a permit is good for one run, and only in the store whose office made it", async () => {
  const store = openTestStore();
  const permit = store.permit(SEVEN);
  assert.is(ending(await store.run(permit, { stdin: bytesOf("") })), "exited 7");
  assert.is(ending(await store.run(permit, { stdin: bytesOf("") })), "permit-invalid");
  const foreign = createPermitOffice().mint(permit.module, permit.authority);
  const forged = { module: permit.module, authority: permit.authority } as unknown as Permit;
  for (const bad of [foreign, forged, Object.create(permit) as Permit]) {
    assert.is(ending(await store.run(bad, { stdin: bytesOf("") })), "permit-invalid");
  }
  await store.close();
});

test("a module is known by the hash of its bytes, and what was hashed is what runs", async () => {
  const store = openTestStore();
  const bytes = wat(SEVEN);
  const wrong = store.load(bytes, "0".repeat(64));
  assert.is(!wrong.ok && wrong.fault.code, "module-hash-mismatch");
  const permit = store.permit(bytes);
  bytes.fill(0);
  assert.is(ending(await store.run(permit, { stdin: bytesOf("") })), "exited 7");
  const text = store.load(bytesOf("not a module at all"));
  assert.is(!text.ok && text.fault.code, "module-invalid");
  const office = createPermitOffice();
  const other = openTestStore({ redeem: office.redeem });
  const unloaded = await other.run(office.mint("ab".repeat(32), permit.authority), { stdin: bytesOf("") });
  assert.is(ending(unloaded), "module-refused");
  await store.close();
  await other.close();
});

test("limits that are not positive whole numbers are no permit", async () => {
  const store = openTestStore();
  for (const fuel of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
    assert.is(ending(await store.go(SEVEN, { limits: { fuel } })), "permit-invalid", `${fuel}`);
  }
  await store.close();
});

test("a root that cannot be opened ends the run before the guest starts", async () => {
  const store = openTestStore();
  const roots = [{ guestPath: "/", hostPath: "/nonexistent-for-sure", access: "read-only" as const }];
  assert.is(ending(await store.go(SEVEN, { roots })), "permit-invalid");
  assert.is(ending(await store.go(SEVEN)), "exited 7");
  await store.close();
});

test("a run cancelled before, while it waits, and while it runs ends as cancelled", async () => {
  const store = openTestStore();
  await store.go(SEVEN);
  assert.is(ending(await store.go(SEVEN, {}, { signal: AbortSignal.abort() })), "cancelled");

  const first = new AbortController();
  const second = new AbortController();
  const running = store.go(SPIN, ENDLESS, { signal: first.signal });
  const waiting = store.go(SPIN, ENDLESS, { signal: second.signal });
  const behind = store.go(SEVEN);
  await until(() => store.stats().running > 0);
  await sleep(20);
  second.abort();
  assert.is(ending(await waiting), "cancelled");
  first.abort();
  assert.is(ending(await running), "cancelled");
  assert.is(ending(await behind), "exited 7");
  await until(() => store.stats().running === 0);
  await store.close();
});

test("a guest that makes host calls without end is cancelled", async () => {
  const store = openTestStore();
  const calls = `(module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start") (i32.store (i32.const 4) (i32.const 1))
      (loop (drop (call $w (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0))))`;
  const abort = new AbortController();
  const run = store.go(calls, ENDLESS, { signal: abort.signal });
  await until(() => store.stats().running > 0);
  await sleep(30);
  abort.abort();
  assert.is(ending(await run), "cancelled");
  await store.close();
});

test("a worker that overstays in a host call is ended by the watchdog, and the runs behind it are served", async () => {
  const store = openTestStore();
  await store.go(SEVEN);
  const bulk = `(module (memory (export "memory") 1024) (func (export "_start")
    (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 67000000)) (br 0))))`;
  // its thread goes on until it notices, for at most this fuel
  const limits = { memoryBytes: 64 * 1024 * 1024, fuel: 30_000_000_000, deadlineMs: 30 };
  const outcomes = await Promise.all([store.go(bulk, { limits }), store.go(SEVEN), store.go(SEVEN)]);
  assert.equal(outcomes.map(ending), ["execution-timeout", "exited 7", "exited 7"]);
  await store.close();
});

test("more runs than may wait are refused as overloaded, the others run", async () => {
  const store = openTestStore({ queueLimit: 10 });
  await store.go(SEVEN);
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => store.go(SEVEN)));
  const overloaded = outcomes.filter((outcome) => ending(outcome) === "overloaded").length;
  assert.is(overloaded, 40);
  assert.is(outcomes.filter((outcome) => ending(outcome) === "exited 7").length, 10);
  const heavy = openTestStore({ queueBytes: 100 });
  assert.is(ending(await heavy.go(SEVEN, {}, { stdin: new Uint8Array(101) })), "overloaded");
  await store.close();
  await heavy.close();
});

test("principals are served in turn, so that one that floods does not keep another waiting", async () => {
  const store = openTestStore();
  await store.go(SEVEN);
  const order: string[] = [];
  const go = (principal: string): Promise<unknown> =>
    store.go(SPIN, { limits: { fuel: 1_000_000 } }, { principal }).then(() => order.push(principal));
  const flood = Array.from({ length: 40 }, () => go("flood"));
  await Promise.all([...flood, go("guest")]);
  assert.ok(order.indexOf("guest") < 10, `the guest was number ${order.indexOf("guest")}`);
  await store.close();
});

test("behind ten thousand runs of one principal, one of another's is next but for what was handed ahead", async () => {
  const store = openTestStore({ queueLimit: 20_000 });
  await store.go(SEVEN);
  let done = 0;
  const flood = Array.from({ length: 10_000 }, () => store.go(SEVEN, {}, { principal: "flood" }).then(() => done++));
  while (done === 0) await sleep(0);
  const before = done;
  assert.is(ending(await store.go(SEVEN, {}, { principal: "guest" })), "exited 7");
  assert.ok(done - before < 500, `${done - before} runs came first`);
  await Promise.all(flood);
  assert.is(done, 10_000);
  await store.close();
});

test("one principal that fills its queue is overloaded with figure and limit, and another is not", async () => {
  const store = openTestStore({ queueLimit: 10, queueBytes: 1000 });
  await store.go(SEVEN);
  const flood = Array.from({ length: 50 }, () => store.go(SEVEN, {}, { principal: "flood" }));
  const guest = store.go(SEVEN, {}, { principal: "guest" });
  const large = store.go(SEVEN, {}, { principal: "large", stdin: new Uint8Array(1001) });
  const refused = (await Promise.all(flood)).filter((outcome) => outcome.kind === "fault");
  assert.is(refused.length, 40);
  const [first] = refused;
  assert.ok(first?.kind === "fault");
  assert.equal([first.fault.code, first.fault.data], ["overloaded", { limit: 10 }]);
  assert.is(ending(await guest), "exited 7");
  const outcome = await large;
  assert.equal(outcome.kind === "fault" && [outcome.fault.code, outcome.fault.data], ["overloaded", { limit: 1000 }]);
  const crowd = await Promise.all(
    Array.from({ length: 60 }, (_, i) => store.go(SEVEN, {}, { principal: `p${Math.floor(i / 10)}` })),
  );
  assert.is(crowd.filter((each) => each.kind === "exited").length, 40, "of all principals four times as many");
  await store.close();
});

test("both workers of a pool of two are put to work", async () => {
  const store = openTestStore({ workers: 2 });
  await store.go(SEVEN);
  const spins = [1, 2].map(() => store.go(SPIN, { limits: { fuel: 1e11, deadlineMs: 1500 } }));
  let busy = 0;
  const timer = setInterval(() => {
    busy = Math.max(busy, store.stats().busy);
  }, 10);
  assert.equal((await Promise.all(spins)).map(ending), ["execution-timeout", "execution-timeout"]);
  clearInterval(timer);
  assert.is(busy, 2);
  await store.close();
});

test("a run that no thread can end in time is answered without it, and the next is served meanwhile", async () => {
  const store = openTestStore();
  await store.go(SEVEN);
  // so little fuel that no interrupt is set up, and work that takes longer than fuel says
  const grow = `(module (memory (export "memory") 1)
    (func (export "_start") (loop (drop (memory.grow (i32.const 0))) (br 0))))`;
  await store.warm(store.permit(grow).module, store.permit(grow, { limits: { fuel: 50_000_000 } }).authority);
  const slow = await store.go(grow, { limits: { fuel: 50_000_000, deadlineMs: 501 } });
  assert.is(ending(slow), "execution-timeout");
  assert.is(ending(await store.go(SEVEN)), "exited 7");
  await store.close();
});

test("fuel is the same in every run, worker and store", async () => {
  const work = `(module (func $f (param i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
    (then (local.get 0)) (else (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "run") (result i32) (call $f (i32.const 15))))`;
  const seen = new Set<number>();
  for (const workers of [1, 2]) {
    const store = openTestStore({ workers });
    for (const outcome of await Promise.all(Array.from({ length: 100 }, () => store.go(work)))) {
      assert.is(ending(outcome), "exited 610");
      seen.add(outcome.usage.fuelConsumed);
    }
    await store.close();
  }
  assert.is(seen.size, 1);
});

test("many runs at once each get their own answer", async () => {
  const store = openTestStore({ workers: 2 });
  const outcomes = await Promise.all(
    Array.from({ length: 1000 }, (_, i) =>
      store.go(ECHO, {}, { stdin: bytesOf(`${i}`.repeat((i % 50) * 40)), principal: `${i % 7}` }),
    ),
  );
  for (const [i, outcome] of outcomes.entries()) assert.is(stdoutOf(outcome), `${i}`.repeat((i % 50) * 40));
  assert.equal(
    { ...store.stats(), workers: 0 },
    { workers: 0, busy: 0, queued: 0, running: 0, replaced: 0, runs: 1000, modules: 1 },
  );
  await store.close();
});

test("modules dropped from a full cache are compiled again when they are asked for", async () => {
  const store = openTestStore({ moduleCacheBytes: 20_000 });
  const guests = Array.from({ length: 12 }, (_, i) => `(module (func (export "run") (result i32) i32.const ${i}))`);
  for (let round = 0; round < 3; round++) {
    const outcomes = await Promise.all(guests.map((guest) => store.go(guest)));
    assert.equal(
      outcomes.map(ending),
      guests.map((_, i) => `exited ${i}`),
    );
  }
  assert.ok(store.stats().modules <= 4);
  await store.close();
});

test("a module is compiled apart for each memory cap and set of host calls, and warm says why it cannot be", async () => {
  const store = openTestStore();
  const grow = `(module (memory (export "memory") 1) (func (export "run") (result i32) (memory.grow (i32.const 20))))`;
  assert.is(ending(await store.go(grow, { limits: { memoryBytes: 65_536 * 10 } })), "exited 4294967295");
  assert.is(ending(await store.go(grow, { limits: { memoryBytes: 65_536 * 30 } })), "exited 1");
  const { module, authority } = store.permit(`(module (import "env" "x" (func)) (func (export "_start")))`);
  assert.is((await store.warm(module, authority))?.code, "import-refused");
  assert.is(await store.warm(store.permit(grow).module, authority), undefined);
  await store.close();
});

test("inspect says what a module needs without running it", async () => {
  const store = openTestStore();
  const report = await store.inspect(
    wat(`(module (import "env" "x" (func)) (memory 3) (func $s (loop (br 0))) (start $s))`),
  );
  assert.ok(!("code" in report));
  assert.equal(report.memory?.minPages, 3);
  assert.is(report.startFunction, true);
  assert.is(report.warnings.length, 3);
  const bad = await store.inspect(bytesOf("nothing"));
  assert.is("code" in bad && bad.code, "module-invalid");
  await store.close();
});

test("close ends what runs and what waits, and refuses what comes after", async () => {
  const store = openTestStore();
  await store.go(SEVEN);
  const runs = [store.go(SPIN, ENDLESS), store.go(SPIN, ENDLESS), store.go(SPIN, ENDLESS)];
  await until(() => store.stats().running > 0);
  await store.close();
  assert.equal((await Promise.all(runs)).map(ending), ["shutting-down", "shutting-down", "shutting-down"]);
  assert.is(ending(await store.go(SEVEN)), "shutting-down");
  await store.close();
});

test("a worker script that does not start fails the runs instead of keeping them", async () => {
  const store = openTestStore({ workerUrl: new URL("file:///nonexistent/store-worker.mjs") });
  assert.is(ending(await store.go(SEVEN)), "worker-lost");
  await store.close();
});

test.run();
