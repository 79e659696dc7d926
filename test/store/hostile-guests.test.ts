import { test } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf, ending, type Grant, openTestStore, stdoutOf } from "./test-store.ts";

const store = openTestStore();
test.after(() => store.close());

const EXIT = `(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))`;
const WRITE = `(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))`;
const READ = `(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))`;

const HELLO = `(module ${WRITE} (memory (export "memory") 1) (data (i32.const 16) "hello")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 5))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;

const execute = (body: string, more = ""): string =>
  `(module (memory (export "memory") 1) ${more}
    (func (export "execute") (param $pointer i32) (param $length i32) (result i32 i32) ${body}))`;

interface Case {
  readonly name: string;
  readonly guest: string;
  readonly ends: string;
  readonly grant?: Grant;
  readonly stdin?: string;
  readonly says?: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "an endless loop",
    guest: `(module (func (export "run") (result i32) (loop (br 0)) i32.const 0))`,
    ends: "fuel-exhausted",
  },
  {
    name: "an endless start function",
    guest: `(module (func $s (loop (br 0))) (start $s) (func (export "_start")))`,
    ends: "fuel-exhausted",
  },
  {
    name: "an endless _initialize",
    guest: `(module (func (export "_initialize") (loop (br 0))) (func (export "run") (result i32) i32.const 0))`,
    ends: "fuel-exhausted",
  },
  {
    name: "a loop that depends on data",
    guest: `(module (memory (export "memory") 1) (data (i32.const 0) "\\01")
      (func (export "_start") (loop (br_if 0 (i32.load8_u (i32.const 0))))))`,
    ends: "fuel-exhausted",
  },
  {
    name: "mutual recursion through a table",
    guest: `(module (type $t (func)) (table 2 funcref) (elem (i32.const 0) $a $b)
      (func $a (call_indirect (type $t) (i32.const 1))) (func $b (call_indirect (type $t) (i32.const 0)))
      (func (export "_start") (call $a)))`,
    ends: "fuel-exhausted",
    grant: { limits: { fuel: 10_000 } },
  },
  {
    name: "mutual recursion with fuel to spare",
    guest: `(module (func $a (call $b)) (func $b (call $a)) (func (export "_start") (call $a)))`,
    ends: "stack-exhausted",
    grant: { limits: { fuel: 4_000_000 } },
  },
  {
    name: "a ping-pong of host calls",
    guest: `(module (import "wasi_snapshot_preview1" "sched_yield" (func $y (result i32)))
      (func (export "_start") (loop (drop (call $y)) (br 0))))`,
    ends: "fuel-exhausted",
  },
  {
    name: "an endless loop with a year of fuel",
    guest: `(module (func (export "_start") (loop (br 0))))`,
    ends: "execution-timeout",
    grant: { limits: { fuel: 100_000_000_000, deadlineMs: 50 } },
  },
  {
    name: "an endless loop in catch_all with a year of fuel",
    guest: `(module (func (export "_start") (loop (try (do (loop (br 0))) (catch_all)) (br 0))))`,
    ends: "execution-timeout",
    grant: { limits: { fuel: 100_000_000_000, deadlineMs: 50 } },
  },
  {
    name: "a sleep beyond the deadline",
    guest: `(module (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start") (loop (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 3600000000000))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))) (br 0))))`,
    ends: "execution-timeout",
    grant: { clock: true, limits: { deadlineMs: 30 } },
  },
  {
    name: "memory over the cap from the start",
    guest: `(module (memory (export "memory") 300) (func (export "_start")))`,
    ends: "memory-limit-exceeded",
  },
  {
    name: "a memory.grow bomb that then traps",
    guest: `(module (memory (export "memory") 1) (func (export "_start")
      (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable))`,
    ends: "memory-limit-exceeded",
  },
  {
    name: "a failed memory.grow that the guest copes with",
    guest: `(module (memory (export "memory") 1) (func (export "run") (result i32) (memory.grow (i32.const 60000))))`,
    ends: "exited 4294967295",
  },
  {
    name: "a memory.fill of many bytes in a loop",
    guest: `(module (memory (export "memory") 200) (func (export "_start") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 13000000)) (br 0))))`,
    ends: "fuel-exhausted",
  },
  {
    name: "exit",
    guest: `(module ${EXIT} (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 3))))`,
    ends: "exited 3",
  },
  {
    name: "exit caught by catch_all",
    guest: `(module ${EXIT} (memory (export "memory") 1) (func (export "_start") (try (do (call $exit (i32.const 3))) (catch_all)) (loop (br 0))))`,
    ends: "exited 3",
  },
  {
    name: "exit caught by catch_all, then another exit",
    guest: `(module ${EXIT} (memory (export "memory") 1) (func (export "_start") (try (do (call $exit (i32.const 3))) (catch_all)) (call $exit (i32.const 0))))`,
    ends: "exited 3",
  },
  {
    name: "exit caught by catch_all, then a return of another code",
    guest: `(module ${EXIT} (memory (export "memory") 1) (func (export "run") (result i32) (try (do (call $exit (i32.const 3))) (catch_all)) (i32.const 0)))`,
    ends: "exited 3",
  },
  {
    name: "running out of fuel inside of catch_all",
    guest: `(module (func $burn (loop (br 0))) (func (export "run") (result i32) (try (do (call $burn)) (catch_all)) i32.const 0))`,
    ends: "fuel-exhausted",
  },
  {
    name: "a host call's charge caught by catch_all",
    guest: `(module ${WRITE} (memory (export "memory") 16) (func (export "run") (result i32)
      (i32.store (i32.const 4) (i32.const 1000000))
      (try (do (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))) (catch_all)) i32.const 0))`,
    ends: "fuel-exhausted",
    grant: { limits: { fuel: 5000 } },
  },
  {
    name: "an exception that nothing catches",
    guest: `(module (tag $t) (func (export "_start") (throw $t)))`,
    ends: "wasm-trap",
    says: /exception was not caught/,
  },
  {
    name: "a flood of output",
    guest: `(module ${WRITE} (memory (export "memory") 1) (func (export "_start") (i32.store (i32.const 4) (i32.const 65536))
      (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0))))`,
    ends: "output-limit-exceeded",
    grant: { limits: { fuel: 100_000_000, outputBytes: 1_000_000 } },
  },
  {
    name: "an import of another module",
    guest: `(module (import "env" "system" (func)) (func (export "_start")))`,
    ends: "import-refused",
    says: /env.*system/,
  },
  {
    name: "a host call that was not granted",
    guest: `(module (import "tollgate" "fd_mode_get" (func (param i32 i32) (result i32))) (func (export "_start")))`,
    ends: "import-refused",
    says: /fd_mode_get/,
  },
  {
    name: "a host call that does not exist, granted",
    guest: `(module (import "tollgate" "shell" (func)) (func (export "_start")))`,
    ends: "import-refused",
    grant: { hostCalls: ["shell"] },
  },
  {
    name: "a granted host call",
    guest: `(module (import "tollgate" "fd_mode_get" (func (param i32 i32) (result i32))) (memory (export "memory") 1) (func (export "run") (result i32) (call 0 (i32.const 99) (i32.const 0))))`,
    ends: "exited 8",
    grant: { hostCalls: ["fd_mode_get"] },
  },
  {
    name: "no entry point",
    guest: `(module (func (export "main")))`,
    ends: "module-refused",
    says: /_start, run or execute/,
  },
  {
    name: "an entry point that is a global",
    guest: `(module (global (export "_start") i32 (i32.const 1)))`,
    ends: "module-refused",
  },
  {
    name: "an entry point that returns i64",
    guest: `(module (func (export "run") (result i64) i64.const 1))`,
    ends: "module-refused",
  },
  {
    name: "an entry point that wants i64",
    guest: `(module (func (export "run") (param i64)))`,
    ends: "module-refused",
  },
  {
    name: "unreachable",
    guest: `(module (func (export "_start") unreachable))`,
    ends: "wasm-trap",
    says: /unreachable executed/,
  },
  {
    name: "a division by zero",
    guest: `(module (func (export "run") (result i32) (i32.div_s (i32.const 1) (i32.const 0))))`,
    ends: "wasm-trap",
    says: /integer divide by zero/,
  },
  {
    name: "a remainder by zero",
    guest: `(module (func (export "run") (result i32) (i32.rem_s (i32.const 1) (i32.const 0))))`,
    ends: "wasm-trap",
    says: /integer remainder by zero/,
  },
  {
    name: "an integer overflow",
    guest: `(module (func (export "run") (result i32) (i32.div_s (i32.const 0x80000000) (i32.const -1))))`,
    ends: "wasm-trap",
    says: /integer overflow/,
  },
  {
    name: "a conversion of NaN",
    guest: `(module (func (export "run") (result i32) (i32.trunc_f32_s (f32.const nan))))`,
    ends: "wasm-trap",
    says: /invalid conversion to integer/,
  },
  {
    name: "a load beyond memory",
    guest: `(module (memory (export "memory") 1) (func (export "run") (result i32) (i32.load (i32.const -4))))`,
    ends: "wasm-trap",
    says: /memory access out of bounds/,
  },
  {
    name: "a table index beyond the table",
    guest: `(module (type $t (func)) (table 1 funcref) (func (export "_start") (call_indirect (type $t) (i32.const 9))))`,
    ends: "wasm-trap",
    says: /table index out of bounds/,
  },
  {
    name: "an indirect call to null",
    guest: `(module (type $t (func)) (table 1 funcref) (func (export "_start") (call_indirect (type $t) (i32.const 0))))`,
    ends: "wasm-trap",
    says: /indirect call/,
  },
  {
    name: "a data segment beyond memory",
    guest: `(module (memory (export "memory") 1) (data (i32.const 65535) "ab") (func (export "_start")))`,
    ends: "wasm-trap",
    says: /data segment out of bounds/,
  },
  {
    name: "execute that returns a negative pointer",
    guest: execute("i32.const -1 i32.const 2"),
    ends: "wasm-trap",
    says: /outside of its memory/,
  },
  {
    name: "execute that returns a length that wraps around",
    guest: execute("i32.const 16 i32.const -8"),
    ends: "wasm-trap",
  },
  { name: "execute that returns one byte too many", guest: execute("i32.const 65535 i32.const 2"), ends: "wasm-trap" },
  { name: "execute that returns a gibibyte", guest: execute("i32.const 0 i32.const 0x40000000"), ends: "wasm-trap" },
  { name: "execute that returns the end of memory", guest: execute("i32.const 65536 i32.const 0"), ends: "exited 0" },
  { name: "execute that returns all of memory", guest: execute("i32.const 0 i32.const 65536"), ends: "exited 0" },
  {
    name: "execute that returns more than the output limit",
    guest: execute("i32.const 0 i32.const 65536"),
    ends: "output-limit-exceeded",
    grant: { limits: { outputBytes: 65_535 } },
  },
  {
    name: "execute with an allocator that gives null",
    guest: execute("i32.const 0 i32.const 0", `(func (export "alloc") (param i32) (result i32) i32.const 0)`),
    stdin: "x",
    ends: "wasm-trap",
  },
  {
    name: "execute with an allocator that points beyond memory",
    guest: execute("i32.const 0 i32.const 0", `(func (export "malloc") (param i32) (result i32) i32.const 65535)`),
    stdin: "xy",
    ends: "wasm-trap",
  },
  ...[-1, 65_536, 0x7fff_ffff].map((pointer) => ({
    name: `execute with an allocator that gives ${pointer}`,
    guest: execute("i32.const 0 i32.const 0", `(func (export "alloc") (param i32) (result i32) i32.const ${pointer})`),
    stdin: "x",
    ends: "wasm-trap",
  })),
  {
    name: "execute that packs a negative pointer and length into an i64",
    guest: `(module (memory (export "memory") 1) (func (export "execute") (param i32 i32) (result i64) i64.const -1))`,
    ends: "wasm-trap",
  },
  {
    name: "execute that packs the end of memory and one byte into an i64",
    guest: `(module (memory (export "memory") 1) (func (export "execute") (param i32 i32) (result i64) i64.const 0x1000000000001))`,
    ends: "wasm-trap",
  },
  {
    name: "execute with an endless allocator",
    guest: execute(
      "i32.const 0 i32.const 0",
      `(func (export "alloc") (param i32) (result i32) (loop (br 0)) i32.const 0)`,
    ),
    stdin: "x",
    ends: "fuel-exhausted",
  },
  {
    name: "execute without memory",
    guest: `(module (func (export "execute") (param i32 i32) (result i64) i64.const 0))`,
    ends: "module-refused",
  },
  {
    name: "execute that returns a float",
    guest: `(module (memory (export "memory") 1) (func (export "execute") (param i32 i32) (result f64) f64.const 1))`,
    ends: "module-refused",
  },
];

for (const { name, guest, ends, grant, stdin, says } of CASES) {
  test(`${name} ends as ${ends}, with the same fuel again, and the next run is unaffected`, async () => {
    const input = { stdin: bytesOf(stdin ?? "") };
    const first = await store.go(guest, grant, input);
    assert.is(ending(first), ends);
    if (says !== undefined) assert.match(first.kind === "fault" ? first.fault.message : "", says);
    const again = await store.go(guest, grant, input);
    assert.is(ending(again), ends);
    if (ends !== "execution-timeout" && ends !== "stack-exhausted") {
      assert.is(again.usage.fuelConsumed, first.usage.fuelConsumed);
    }
    assert.is(stdoutOf(await store.go(HELLO)), "hello");
  });
}

test("proc_exit codes come through as unsigned 32 bits, also over 255 and negative", async () => {
  for (const [code, exit] of [
    [0, 0],
    [255, 255],
    [256, 256],
    [70_000, 70_000],
    [-1, 4_294_967_295],
    [-2_147_483_648, 2_147_483_648],
  ] as const) {
    const guest = `(module ${EXIT} (func (export "_start") (call $exit (i32.const ${code}))))`;
    assert.is(ending(await store.go(guest)), `exited ${exit}`);
  }
});

test("a region that is not UTF-8 comes through byte for byte", async () => {
  const guest = execute("i32.const 8 i32.const 4", `(data (i32.const 8) "\\ff\\c0\\80\\00")`);
  const outcome = await store.go(guest);
  assert.equal(outcome.kind === "exited" && [...outcome.stdout], [0xff, 0xc0, 0x80, 0]);
});

test("no hostile guest cost a worker", () => {
  assert.is(store.stats().replaced, 0);
});

test("running out of fuel reports the whole limit as consumed", async () => {
  const outcome = await store.go(CASES[0]!.guest, { limits: { fuel: 1234 } });
  assert.is(outcome.usage.fuelConsumed, 1234);
});

test("nothing that a run left in memory, globals or tables is there for the next", async () => {
  const guest = `(module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0)) (table $t 1 funcref) (elem declare func $f)
    (func $f)
    (func (export "run") (result i32)
      (i32.add (i32.load (i32.const 64)) (i32.add (global.get $g) (i32.add (memory.size) (i32.eqz (ref.is_null (table.get $t (i32.const 0)))))))
      (i32.store (i32.const 64) (i32.const 5)) (global.set $g (i32.const 7)) (drop (memory.grow (i32.const 3)))
      (table.set $t (i32.const 0) (ref.func $f))))`;
  for (let i = 0; i < 5; i++) assert.is(ending(await store.go(guest)), "exited 1");
});

test("execute is given its input and its region is the output, for both result types and each way of allocating", async () => {
  const packed = `(module (memory (export "memory") 1) (func (export "execute") (param i32 i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32)) (i64.extend_i32_u (local.get 1)))))`;
  const pair = execute(
    "local.get $pointer local.get $length",
    `(func (export "alloc") (param i32) (result i32) i32.const 1024)`,
  );
  for (const guest of [packed, pair]) {
    assert.is(stdoutOf(await store.go(guest, {}, { stdin: bytesOf("päckchen") })), "päckchen");
    assert.is(stdoutOf(await store.go(guest)), "");
  }
});

test("large input and output come through whole", async () => {
  const cat = `(module ${READ} ${WRITE} (memory (export "memory") 40) (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 2000000))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;
  for (const size of [0, 1, 8191, 8192, 8193, 32_768, 32_769, 1_500_000]) {
    const stdin = new Uint8Array(size).map((_, i) => (i * 7 + size) & 255);
    const outcome = await store.go(cat, { limits: { fuel: 50_000_000 } }, { stdin });
    assert.is(outcome.kind === "exited" && Buffer.compare(outcome.stdout, stdin), 0, `${size} bytes`);
  }
});

test("usage is what the guest used", async () => {
  const guest = `(module (memory (export "memory") 1) (func (export "run") (result i32) (memory.grow (i32.const 2))))`;
  const { usage } = await store.go(guest);
  assert.is(usage.memoryPeak, 3 * 65_536);
  assert.is(usage.fuelConsumed, 5); // function entry, const, grow and its two pages
  assert.ok(usage.durationMs > 0);
});

test("a start function costs one more, as in Wasmtime", async () => {
  const without = await store.go(`(module (func (export "_start")))`);
  const withStart = await store.go(`(module (func $s) (start $s) (func (export "_start")))`);
  assert.is(withStart.usage.fuelConsumed - without.usage.fuelConsumed, 2);
});

test.run();
