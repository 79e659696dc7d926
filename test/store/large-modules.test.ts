import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPermitOffice } from "../../src/contract/permit.ts";
import { BARE_AUTHORITY } from "../contract/bare-authority.ts";
import { bytesOf, ending, openTestStore, stdoutOf, wat } from "./test-store.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** 4 MiB of memory: prints a byte of its data, its global and a byte of nothing, and changes all three for whoever is next. */
const COUNTER = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 64)
  (global $kept (mut i32) (i32.const 65))
  (data (i32.const 3000000) "A")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 3000000)) (i32.store (i32.const 4) (i32.const 3))
    (i32.store8 (i32.const 3000001) (global.get $kept))
    (i32.store8 (i32.const 3000002) (i32.add (i32.const 48) (i32.load8_u (i32.const 2000000))))
    (i32.store8 (i32.const 2000000) (i32.const 7))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (global.set $kept (i32.const 90))
    (i32.store8 (i32.const 3000000) (i32.const 90))))`;
const OTHER = COUNTER.replace('"A"', '"B"');
const TRAPS = `(module (memory (export "memory") 64) (data (i32.const 4194303) "ab") (func (export "_start")))`;

const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

test("an instance that was made ahead is as fresh as one that was not, and serves one run", async () => {
  const store = openTestStore({ workers: 1 });
  const fuel: number[] = [];
  const run = async (module: string): Promise<string> => {
    const outcome = await store.go(module);
    fuel.push(outcome.usage.fuelConsumed);
    return stdoutOf(outcome);
  };
  for (let i = 0; i < 3; i++) {
    assert.is(await run(COUNTER), "AA0");
    // time for the next to be made
    await idle();
  }
  for (let i = 0; i < 5; i++) assert.is(await run(COUNTER), "AA0");
  await idle();
  for (let i = 0; i < 3; i++) {
    assert.is(await run(OTHER), "BA0");
    assert.is(await run(COUNTER), "AA0");
    await idle();
  }
  assert.is(new Set(fuel).size, 1);
  await store.close();
});

test("a module whose instances cannot be made says so in each run, whatever was tried ahead", async () => {
  const store = openTestStore({ workers: 1 });
  for (let i = 0; i < 3; i++) {
    assert.is(ending(await store.go(TRAPS)), "wasm-trap");
    await idle();
  }
  assert.is(stdoutOf(await store.go(COUNTER)), "AA0");
  await store.close();
});

test("an instance that was made ahead is held to its own run's limits", async () => {
  const store = openTestStore({ workers: 1 });
  assert.is(stdoutOf(await store.go(COUNTER)), "AA0");
  await idle();
  assert.is(ending(await store.go(COUNTER, { limits: { fuel: 3 } })), "fuel-exhausted");
  await idle();
  assert.is(stdoutOf(await store.go(COUNTER)), "AA0");
  await store.close();
});

test("a module that is read later is read when it is first run, and held to its hash each time", async () => {
  const office = createPermitOffice();
  const store = openTestStore({ redeem: office.redeem });
  const bytes = wat(COUNTER);
  let reads = 0;
  let given: () => Uint8Array = () => bytes;
  const module = sha256(bytes);
  store.loadLater(module, async () => {
    reads++;
    return given();
  });
  const run = () => store.run(office.mint(module, BARE_AUTHORITY), { stdin: bytesOf("") });
  assert.is(reads, 0);
  given = () => {
    throw Object.assign(new Error("gone"), { code: "ENOENT" });
  };
  const unread = await run();
  assert.is(ending(unread), "module-refused");
  assert.match(unread.kind === "fault" ? unread.fault.message : "", /cannot be read: ENOENT/);
  given = () => wat(OTHER);
  assert.is(ending(await run()), "module-hash-mismatch");
  given = () => bytesOf("");
  assert.is(ending(await run()), "module-hash-mismatch");
  given = () => bytes;
  assert.is(stdoutOf(await run()), "AA0");
  const before = reads;
  assert.is(stdoutOf(await run()), "AA0");
  assert.is(reads, before);
  assert.ok(store.unload(module));
  assert.is(ending(await run()), "module-refused");
  assert.is(reads, before);
  await store.close();
});

test.run();
