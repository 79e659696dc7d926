import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fault } from "../../src/contract/fault.ts";
import { HOST_CALL_FUEL, type HostCall, type HostCallContext } from "../../src/store/host-calls.ts";
import { bytesOf, ending, openTestStore, stdoutOf } from "./test-store.ts";

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const IMPORTS = `
  (import "tollgate" "kv.get" (func $get (param i32 i32) (result i32)))
  (import "tollgate" "answer_read" (func $read (param i32 i32 i32) (result i32)))`;
const GRANT = { hostCalls: ["kv.get"] };

/** Sends its input to `kv.get` and gives back what it answered; an error document with `!` before it. */
const ASK = `(module ${IMPORTS} (memory (export "memory") 40)
  (func (export "execute") (param $at i32) (param $length i32) (result i32 i32) (local $n i32) (local $to i32)
    (local.set $n (call $get (local.get $at) (local.get $length)))
    (local.set $to (i32.const 1024))
    (if (i32.lt_s (local.get $n) (i32.const 0)) (then
      (i32.store8 (local.get $to) (i32.const 33))
      (local.set $n (i32.sub (i32.const -1) (local.get $n)))
      (drop (call $read (i32.add (local.get $to) (i32.const 1)) (i32.const 0) (local.get $n)))
      (local.set $n (i32.add (local.get $n) (i32.const 1))))
    (else (drop (call $read (local.get $to) (i32.const 0) (local.get $n)))))
    (local.get $to) (local.get $n)))`;

/** Gives the result of `body` as its exit code. */
const run = (body: string, more = ""): string =>
  `(module ${IMPORTS} ${more} (memory (export "memory") 1) (func (export "run") (result i32) ${body}))`;

function kv(handler: HostCall["handler"], bounds: Partial<HostCall> = {}) {
  return { hostCalls: { "kv.get": { handler, ...bounds } } };
}

test("a guest asks a registered host call by name and reads what it answers, small and large", async () => {
  const seen: HostCallContext[] = [];
  const store = openTestStore(
    kv(async (request, context) => {
      seen.push(context);
      await sleep(1);
      return bytesOf(textOf(request).toUpperCase().repeat(Number(context.value)));
    }),
  );
  for (const times of [0, 1, 100, 40_000]) {
    const input = { stdin: bytesOf("key 1"), principal: "client:a", context: times };
    assert.is(stdoutOf(await store.go(ASK, GRANT, input)), "KEY 1".repeat(times), `${times}`);
  }
  const { module } = store.permit(ASK, GRANT);
  assert.equal(
    seen.map((context) => [context.principal, context.module, context.depth, context.signal.aborted]),
    seen.map(() => ["client:a", module, 0, true]),
  );
  await store.close();
});

test("a handler's fault reaches the guest as its document; what it throws, only as internal, and the user is told", async () => {
  const told: string[] = [];
  const store = openTestStore({
    hostCalls: {
      "kv.get": {
        handler: (request) => {
          const asked = textOf(request);
          if (asked === "fault") return fault("tool", "key-not-found", "there is no such key", { key: "a" });
          if (asked === "nothing") return undefined as never;
          throw new Error("secret text of the host");
        },
      },
    },
    onHostCallError: (name, error) => told.push(`${name}: ${(error as Error).message}`),
  });
  const ask = async (text: string) => stdoutOf(await store.go(ASK, GRANT, { stdin: bytesOf(text) }));
  assert.is(await ask("fault"), '!{"code":"key-not-found","message":"there is no such key","data":{"key":"a"}}');
  assert.is(await ask("throw"), '!{"code":"internal","message":"the host call failed"}');
  assert.is(await ask("nothing"), '!{"code":"internal","message":"the host call failed"}');
  assert.equal(told, ["kv.get: secret text of the host", "kv.get: the handler answered neither bytes nor a fault"]);
  await store.close();
});

test("bytes are charged each way and each call costs its fixed price, the same each time", async () => {
  const store = openTestStore(kv((request) => new Uint8Array(request.length * 10)));
  const fuelOf = async (length: number) =>
    (await store.go(ASK, GRANT, { stdin: new Uint8Array(length).fill(65) })).usage.fuelConsumed;
  const [first, again, longer] = [await fuelOf(100), await fuelOf(100), await fuelOf(200)];
  assert.is(first, again);
  // for 100 bytes more: 100 in, 100 to the host, 1000 back, 1000 read, 1000 out
  assert.is(longer - first, 100 + 100 + 3 * 1000);
  assert.ok(first > HOST_CALL_FUEL);
  await store.close();
});

test("requests and answers over their bounds are errors that the guest can read, with size and limit", async () => {
  const store = openTestStore(
    kv((request) => new Uint8Array(request.length * 2), { requestBytes: 10, answerBytes: 12 }),
  );
  const ask = async (length: number) => {
    const text = stdoutOf(await store.go(ASK, GRANT, { stdin: new Uint8Array(length) }));
    const { code, data } = JSON.parse(text.slice(1));
    return [code, data];
  };
  assert.equal(await ask(11), ["request-too-large", { size: 11, limit: 10 }]);
  assert.equal(await ask(7), ["answer-too-large", { size: 14, limit: 12 }]);
  assert.is(ending(await store.go(ASK, GRANT, { stdin: new Uint8Array(6) })), "exited 0");
  await store.close();
});

test("a request of one byte over the bound never reaches its handler; the guest reads the error; the bound itself does", async () => {
  for (const limit of [0, 10, 65_536]) {
    const seen: number[] = [];
    const handler = (request: Uint8Array) => {
      seen.push(request.length);
      return bytesOf("ok");
    };
    const store = openTestStore(kv(handler, { requestBytes: limit }));
    const ask = async (length: number) => stdoutOf(await store.go(ASK, GRANT, { stdin: new Uint8Array(length) }));
    const { message, ...document } = JSON.parse((await ask(limit + 1)).slice(1));
    assert.equal(document, { code: "request-too-large", data: { size: limit + 1, limit } });
    assert.match(message, /^a request to kv\.get has \d+ bytes, over its limit: send less$/);
    assert.equal(seen, [], "no request reached the handler");
    assert.is(await ask(limit), "ok");
    assert.equal(seen, [limit]);
    await store.close();
  }
});

test("a request or a read at the end of memory, beyond it, negative or of 4 GiB touches nothing", async () => {
  let asked = 0;
  const store = openTestStore(
    kv(
      () => {
        asked++;
        return bytesOf("0123456789");
      },
      { requestBytes: 64 * 1024 * 1024 },
    ),
  );
  const get = (at: number, length: number) => run(`(call $get (i32.const ${at}) (i32.const ${length}))`);
  const exitOf = async (guest: string) => {
    const outcome = await store.go(guest, { ...GRANT, limits: { fuel: 100_000_000 } });
    if (outcome.kind === "fault") throw new Error(outcome.fault.message);
    return outcome.exitCode | 0;
  };
  assert.is(await exitOf(get(65_535, 1)), 10);
  assert.is(await exitOf(get(65_536, 0)), 10);
  assert.is(asked, 2);
  for (const [at, length] of [
    [65_535, 2],
    [65_536, 1],
    [-1, 1],
    [0, -1],
    [-1, -1],
    [0, 65_537],
    [0, 0x7fff_ffff],
  ] as const) {
    assert.ok((await exitOf(get(at, length))) < 0, `${at} ${length}`);
  }
  assert.is(asked, 2, "no such request reached the host");
  const read = (to: number, offset: number, length: number) =>
    run(`(drop (call $get (i32.const 0) (i32.const 0)))
      (call $read (i32.const ${to}) (i32.const ${offset}) (i32.const ${length}))`);
  for (const [to, offset, length, answer] of [
    [0, 0, 10, 10],
    [0, 4, 100, 6],
    [0, 10, 1, 0],
    [0, 11, 1, -1],
    [0, 0, -1, 10],
    [65_526, 0, 10, 10],
    [65_527, 0, 10, -1],
    [-1, 0, 10, -1],
    [-1, 10, 10, 0],
    [0, -1, -1, -1],
  ] as const) {
    assert.is(await exitOf(read(to, offset, length)), answer, `${to} ${offset} ${length}`);
  }
  assert.is(await exitOf(run("(call $read (i32.const 0) (i32.const 0) (i32.const 9))")), 0, "nothing waits");
  await store.close();
});

test("what a run asked is not there to be read in the next run", async () => {
  const store = openTestStore(kv(() => bytesOf("a secret")));
  assert.is(ending(await store.go(run("(call $get (i32.const 0) (i32.const 0))"), GRANT)), "exited 8");
  assert.is(ending(await store.go(run("(call $read (i32.const 0) (i32.const 0) (i32.const 8))"), GRANT)), "exited 0");
  await store.close();
});

test("imports with other types than a host call's end in an outcome, and cost no worker", async () => {
  const store = openTestStore(kv(() => bytesOf("x")));
  for (const type of ["(param i64 i64) (result i32)", "(param f64 f64) (result i32)", "(result i32)"]) {
    const parameters = [...type.matchAll(/[if]64/g)].map(([name]) => `(${name}.const 7)`).join(" ");
    const guest = `(module (import "tollgate" "kv.get" (func $get ${type})) (memory (export "memory") 1)
      (func (export "run") (result i32) (call $get ${parameters})))`;
    const outcome = await store.go(guest, GRANT);
    assert.is(outcome.kind, "exited", type);
  }
  const wide = `(module (import "tollgate" "kv.get" (func $get (param i32 i32) (result i64))) (memory (export "memory") 1)
    (func (export "_start") (drop (call $get (i32.const 0) (i32.const 0)))))`;
  assert.is(ending(await store.go(wide, GRANT)), "module-refused");
  assert.is(store.stats().replaced, 0);
  await store.close();
});

test("a call that is not granted, or granted and not registered, refuses the module by name and says what to do", async () => {
  const store = openTestStore(kv(() => bytesOf("x")));
  const guest = run("(call $get (i32.const 0) (i32.const 0))");
  const other = guest.replaceAll("kv.get", "kv.put");
  const says = async (text: string, hostCalls: string[]) => {
    const outcome = await store.go(text, { hostCalls });
    return outcome.kind === "fault" ? `${outcome.fault.code} ${outcome.fault.message}` : "exited";
  };
  assert.match(await says(guest, []), /^import-refused .*kv\.get.*the permit does not grant it/);
  assert.match(await says(other, ["kv.put"]), /^import-refused .*kv\.put.*no such host call: register it/);
  assert.match(await says(other, []), /^import-refused .*kv\.put.*no such host call/);
  assert.match(await says(run("(call $read (i32.const 0) (i32.const 0) (i32.const 0))"), []), /^import-refused/);
  assert.is(await says(guest, ["kv.get"]), "exited");
  await store.close();
});

test("host calls cannot be registered under a name that a path, a flag or the store has, nor with wrong bounds", () => {
  const handler = () => new Uint8Array(0);
  const open =
    (name: string, more: Partial<HostCall> = {}) =>
    () =>
      openTestStore({ hostCalls: { [name]: { handler, ...more } } });
  for (const name of ["", ".", "..", "a/b", "A", "a..b", "-a", "a b", "é", "a.", "x".repeat(65), "__proto__ "]) {
    assert.throws(open(name), /does not match/, name);
  }
  for (const name of ["answer_read", "progress", "log", "fd_mode_get"]) assert.throws(open(name), /own/, name);
  for (const bytes of [-1, 1.5, Number.NaN, 2 ** 40]) {
    assert.throws(open("a", { requestBytes: bytes }), /requestBytes of the host call a/);
  }
  assert.throws(() => openTestStore({ hostCalls: { a: {} as HostCall } }), /no handler/);
});

test("a ping-pong of host calls ends by fuel, by the call's own bound, or by the run's, with the limit", async () => {
  const store = openTestStore(kv((request) => request, { callsPerRun: 50 }));
  const pong = run("(loop (drop (call $get (i32.const 0) (i32.const 1))) (br 0)) (i32.const 0)");
  const poor = await store.go(pong, { ...GRANT, limits: { fuel: 10_000 } });
  assert.is(ending(poor), "fuel-exhausted");
  const many = await store.go(pong, GRANT);
  assert.ok(many.kind === "fault");
  assert.equal([many.fault.code, many.fault.data], ["host-call-limit-exceeded", { limit: 50 }]);
  assert.match(many.fault.message, /50 calls of kv\.get/);
  const few = await store.go(pong, { ...GRANT, limits: { hostCallCount: 7 } });
  assert.ok(few.kind === "fault");
  assert.equal([few.fault.code, few.fault.data], ["host-call-limit-exceeded", { limit: 7 }]);
  const yields = `(module (import "wasi_snapshot_preview1" "sched_yield" (func $y (result i32)))
    (func (export "_start") (loop (drop (call $y)) (br 0))))`;
  assert.is(ending(await store.go(yields, { limits: { hostCallCount: 1000 } })), "host-call-limit-exceeded");
  await store.close();
});

test("what ends a run from within a host call is not swallowed by catch_all, and no host call follows it", async () => {
  let asked = 0;
  const store = openTestStore(
    kv(
      () => {
        asked++;
        return bytesOf("x");
      },
      { callsPerRun: 3 },
    ),
  );
  const stubborn = run(
    `(loop (try (do (drop (call $get (i32.const 0) (i32.const 1)))) (catch_all)) (br 0)) (i32.const 0)`,
  );
  assert.is(ending(await store.go(stubborn, GRANT)), "host-call-limit-exceeded");
  assert.is(asked, 3);
  const exits = `(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))`;
  const after = run(
    `(try (do (call $exit (i32.const 5))) (catch_all)) (try (do (drop (call $get (i32.const 0) (i32.const 1)))) (catch_all)) (i32.const 0)`,
    exits,
  );
  assert.is(ending(await store.go(after, GRANT)), "exited 5");
  assert.is(asked, 3);
  await store.close();
});

test("a handler that never answers is cut by the deadline, and its signal fires; the worker lives on", async () => {
  let ended = 0;
  const store = openTestStore(
    kv((_, { signal }) => {
      signal.addEventListener("abort", () => ended++);
      return new Promise(() => {});
    }),
  );
  const guest = run("(call $get (i32.const 0) (i32.const 0))");
  const outcome = await store.go(guest, { ...GRANT, limits: { deadlineMs: 50 } });
  assert.is(ending(outcome), "execution-timeout");
  assert.ok(outcome.usage.durationMs >= 50);
  assert.is(ended, 1);
  assert.is(ending(await store.go(`(module (func (export "_start")))`)), "exited 0");
  await store.close();
});

test("cancelling a run that waits in a host call ends it at once and keeps its worker; a late answer goes to nobody", async () => {
  const answers: (() => void)[] = [];
  const store = openTestStore(
    kv((request) => new Promise((resolve) => answers.push(() => resolve(bytesOf(`late ${textOf(request)}`))))),
  );
  const abort = new AbortController();
  const run = store.go(ASK, GRANT, { stdin: bytesOf("one"), signal: abort.signal });
  while (answers.length < 1) await sleep(1);
  abort.abort();
  assert.is(ending(await run), "cancelled");
  const next = store.go(ASK, GRANT, { stdin: bytesOf("two") });
  while (answers.length < 2) await sleep(1);
  answers[0]!();
  await sleep(5);
  answers[1]!();
  assert.is(stdoutOf(await next), "late two");
  await store.close();
});

test("a store that is closed ends runs that wait in host calls", async () => {
  const store = openTestStore(kv(() => new Promise(() => {})));
  const waits = store.go(ASK, GRANT);
  await sleep(100);
  await store.close();
  assert.is(ending(await waits), "shutting-down");
});

test.run();
