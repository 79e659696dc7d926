import { setTimeout } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_MODULE_BOUNDS } from "../../src/store/meter/bounds.ts";
import { figuresOf, hostileGuests } from "./guest-figures.ts";
import { BOMBS, withLocals } from "./meter/bombs.ts";
import { wat } from "./meter/metered-run.ts";
import { body, functions, leb, rawModule, repeated } from "./meter/module-bytes.ts";
import { ending, openTestStore, stdoutOf } from "./test-store.ts";

const store = openTestStore({ workers: 2 });
test.after(() => store.close());

const HELLO = wat(`(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 16) "hello")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 5))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);

const AT_ONCE = 64;

for (const guest of hostileGuests()) {
  test(`${guest.name} ends as ${guest.ends}, with the same fuel and memory each time, and the next run is unaffected`, async () => {
    const first = await figuresOf(store, guest);
    assert.is(first[0], guest.ends);
    if (guest.ends === "fuel-exhausted") assert.is(first[1], guest.fuel);
    assert.equal(await figuresOf(store, guest), first);
    assert.is(stdoutOf(await store.go(HELLO)), "hello");
  });

  test(`${guest.name} comes to the same when ${AT_ONCE} run at once`, async () => {
    const alone = await figuresOf(store, guest, 10_000);
    const together = await Promise.all(Array.from({ length: AT_ONCE }, () => figuresOf(store, guest, 10_000)));
    for (const figures of together) assert.equal(figures, alone);
    assert.is(stdoutOf(await store.go(HELLO)), "hello");
  });
}

test("no hostile guest cost a worker", () => {
  assert.is(store.stats().replaced, 0);
});

const exported = (name: string, kind: number, index: number): number[] => [
  name.length,
  ...Buffer.from(name),
  kind,
  index,
];

/** Modules that reach for the meter, or lie about themselves: `[what, bytes, how it ends]`. */
const REACHING: readonly (readonly [string, Uint8Array, string])[] = [
  [
    "exports a name twice",
    rawModule(
      [1, [1, 0x60, 0, 0]],
      [3, [1, 0]],
      [7, [2, ...exported("run", 0, 0), ...exported("run", 0, 0)]],
      [10, [1, 2, 0, 0x0b]],
    ),
    "module-invalid",
  ],
  [
    "exports the meter's global by its index",
    rawModule(...functions(body()).slice(0, 2), [7, [1, ...exported("g", 3, 0)]], functions(body())[2]!),
    "module-invalid",
  ],
  [
    "exports a function by an index that the meter may add",
    rawModule(...functions(body()).slice(0, 2), [7, [1, ...exported("run", 0, 1)]], functions(body())[2]!),
    "module-invalid",
  ],
  ["reads the next global", rawModule(...functions(body([0x23, 0, 0x1a]))), "module-invalid"],
  ["sets the next global", rawModule(...functions(body([0x42, 0, 0x24, 0]))), "module-invalid"],
  ["calls the next function", rawModule(...functions(body([0x10, 1]))), "module-invalid"],
  ["uses a local that the meter may add", rawModule(...functions(body([0x20, 0, 0x1a]))), "module-invalid"],
  ["has a block of a type that the meter may add", rawModule(...functions(body([2, 1, 0x0b]))), "module-invalid"],
  [
    "sets the next global as its start's index does",
    rawModule(...functions(body()).slice(0, 2), [8, [9]], functions(body())[2]!),
    "module-invalid",
  ],
  [
    "starts with an index of four billion",
    rawModule(...functions(body()).slice(0, 2), [8, leb(0xffff_ffff)], functions(body())[2]!),
    "module-invalid",
  ],
  [
    "has an element of a function that is not there",
    rawModule(
      ...functions(body()).slice(0, 2),
      [4, [1, 0x70, 0, 9]],
      [9, [1, 0, 0x41, 0, 0x0b, 1, ...leb(0xffff_ffff)]],
      functions(body())[2]!,
    ),
    "module-invalid",
  ],
  [
    "imports the memory that the host gives",
    wat(`(module (import "tollgate:store" "memory" (memory 1)) (func (export "run")))`),
    "import-refused",
  ],
  [
    "imports the meter's fuel",
    wat(`(module (import "tollgate:fuel" "fuel" (global (mut i64))) (func (export "run")))`),
    "import-refused",
  ],
  [
    "imports a function of the store's module",
    wat(`(module (import "tollgate:store" "memory" (func)) (func (export "run")))`),
    "import-refused",
  ],
  [
    "exports the meter's name",
    wat(`(module (global (export "tollgate:fuel") (mut i64) (i64.const 9)) (func (export "run")))`),
    "module-refused",
  ],
  [
    "imports a global",
    wat(`(module (import "wasi_snapshot_preview1" "fd_write" (global i32)) (func (export "run")))`),
    "import-refused",
  ],
  [
    "imports a WASI function that there is not",
    wat(`(module (import "wasi_snapshot_preview1" "proc_exec" (func)) (func (export "run")))`),
    "import-refused",
  ],
  [
    "imports a WASI function of another version",
    wat(`(module (import "wasi_unstable" "fd_write" (func)) (func (export "run")))`),
    "import-refused",
  ],
  ["has a shared memory", wat("(module (memory 1 2 shared))"), "module-refused"],
  [
    "has memory over the cap from the start",
    wat(`(module (memory 300) (func (export "run")))`),
    "memory-limit-exceeded",
  ],
  [
    "has custom sections that are named like the meter's",
    rawModule(
      [0, [13, ...Buffer.from("tollgate:fuel"), 1, 2, 3]],
      [1, [1, 0x60, 0, 0]],
      [3, [1, 0]],
      [7, [1, ...exported("run", 0, 0)]],
      [10, [1, 2, 0, 0x0b]],
      [0, [14, ...Buffer.from("tollgate:start")]],
    ),
    "exited 0",
  ],
  [
    "has a name section that names globals which are not its own, and is cut short",
    rawModule(
      [1, [1, 0x60, 0, 0]],
      [3, [1, 0]],
      [7, [1, ...exported("run", 0, 0)]],
      [10, [1, 2, 0, 0x0b]],
      [0, [4, ...Buffer.from("name"), 7, 10, 9, 0, 2, 0x68, 0x69, 200]],
    ),
    "exited 0",
  ],
];

for (const [what, bytes, ends] of REACHING) {
  test(`a module that ${what} ends as ${ends}, and the next run is unaffected`, async () => {
    assert.is(ending(await store.go(bytes)), ends);
    assert.is(ending(await store.go(bytes)), ends);
    assert.is(stdoutOf(await store.go(HELLO)), "hello");
  });
}

test("a compile bomb is refused by the store by its figure and limit, without costing a worker", async () => {
  for (const { build, name } of BOMBS.slice(2, 9)) {
    const outcome = await store.go(build());
    assert.is(ending(outcome), "module-refused", name);
    assert.ok(outcome.kind === "fault" && Number(outcome.fault.data?.limit) > 0, name);
  }
  assert.is(store.stats().replaced, 0);
});

test("a function that takes far longer to compile than its run may take is ended at the deadline, by replacing the worker", async () => {
  const lax = openTestStore({
    bounds: { ...DEFAULT_MODULE_BOUNDS, callsPerFunction: 1e6, carriedValues: 1e12, carriedValuesPerModule: 1e12 },
  });
  try {
    // Operands under calls: a few seconds of compiling and little memory.
    const count = 60_000;
    const code = [repeated([0x20, 0], count), repeated([0x10, 0], count), repeated([0x1a], count)];
    const bodies = [body(), withLocals(1, 0x7f, ...code)];
    const [types, numbers, bytes] = functions(...bodies);
    const bomb = rawModule(types!, numbers!, [7, [1, ...exported("run", 0, 1)]], bytes!);
    await lax.warm(lax.permit(bomb).module, lax.permit(bomb).authority);
    const began = performance.now();
    const outcome = await lax.go(bomb, { limits: { deadlineMs: 100 } });
    assert.is(ending(outcome), "execution-timeout");
    assert.ok(performance.now() - began < 5_000, "the deadline was not kept");
    assert.is(stdoutOf(await lax.go(HELLO)), "hello");
    // The caller has its answer before the worker is given up.
    for (let waited = 0; lax.stats().replaced === 0 && waited < 3_000; waited += 20) await setTimeout(20);
    assert.is(lax.stats().replaced, 1);
  } finally {
    await lax.close();
  }
});

test.run();
