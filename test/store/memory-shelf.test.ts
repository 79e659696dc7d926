import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Outcome } from "../../src/contract/outcome.ts";
import { MemoryShelf } from "../../src/store/memory-shelf.ts";
import { bytesOf, ending, type Grant, openTestStore, type TestStore, wat } from "./test-store.ts";

const SIZE = { minPages: 2, maxPages: 5 };

function filled(memory: WebAssembly.Memory): WebAssembly.Memory {
  new Uint8Array(memory.buffer).fill(0xa5);
  return memory;
}

const isZero = (memory: WebAssembly.Memory): boolean => new Uint8Array(memory.buffer).every((byte) => byte === 0);

test("a memory that was put back serves again, zero from its first byte to its last", () => {
  const shelf = new MemoryShelf();
  const first = filled(shelf.take(SIZE));
  shelf.putBack();
  const second = shelf.take(SIZE);
  assert.is(second, first);
  assert.is(second.buffer.byteLength, 2 * 65_536);
  assert.ok(isZero(second));
});

test("a memory serves only runs of exactly its size and maximum", () => {
  const shelf = new MemoryShelf();
  const first = shelf.take(SIZE);
  shelf.putBack();
  for (const other of [
    { minPages: 2, maxPages: 6 },
    { minPages: 1, maxPages: 5 },
    { minPages: 0, maxPages: 5 },
    { minPages: 2, maxPages: 65_536 },
  ]) {
    const memory = shelf.take(other);
    assert.is.not(memory, first);
    assert.is(memory.buffer.byteLength, other.minPages * 65_536);
    shelf.putBack();
  }
  assert.is(shelf.take(SIZE), first);
});

test("a memory that grew, even by no page, or that was not put back, never serves again", () => {
  const shelf = new MemoryShelf();
  for (const pages of [0, 1, 3]) {
    const grown = filled(shelf.take(SIZE));
    grown.grow(pages);
    shelf.putBack();
    assert.is.not(shelf.take(SIZE), grown);
    shelf.putBack();
  }
  const lost = filled(shelf.take(SIZE));
  const next = shelf.take(SIZE);
  assert.is.not(next, lost);
  shelf.putBack();
  shelf.putBack();
  assert.is(shelf.take(SIZE), next);
});

test("large memories are not kept, of small ones eight sizes, and none serves without end", () => {
  const shelf = new MemoryShelf();
  const large = shelf.take({ minPages: 33, maxPages: 40 });
  shelf.putBack();
  assert.is.not(shelf.take({ minPages: 33, maxPages: 40 }), large);
  const made: WebAssembly.Memory[] = [];
  for (let minPages = 1; minPages <= 9; minPages++) {
    made.push(shelf.take({ minPages, maxPages: 20 }));
    shelf.putBack();
  }
  for (let minPages = 9; minPages > 1; minPages--) {
    assert.is(shelf.take({ minPages, maxPages: 20 }), made[minPages - 1]);
    shelf.putBack();
  }
  assert.is.not(shelf.take({ minPages: 1, maxPages: 20 }), made[0]);
  const served = new Set<WebAssembly.Memory>();
  for (let i = 0; i < 2500; i++) {
    served.add(shelf.take(SIZE));
    shelf.putBack();
  }
  assert.is(served.size, 3);
});

/** What a guest leaves its memory with: 0xa5 in every byte, whatever way it ends. */
interface Ending {
  readonly name: string;
  readonly ends: string;
  readonly body: string;
  readonly grant?: Grant;
}

const ENDINGS: readonly Ending[] = [
  { name: "returns", ends: "exited 0", body: "" },
  { name: "exits", ends: "exited 3", body: "(call $exit (i32.const 3))" },
  {
    name: "exits behind catch_all",
    ends: "exited 3",
    body: "(try (do (call $exit (i32.const 3))) (catch_all)) unreachable",
  },
  { name: "traps", ends: "wasm-trap", body: "unreachable" },
  { name: "throws", ends: "wasm-trap", body: "(throw $tag)" },
  { name: "exhausts the stack", ends: "stack-exhausted", body: "(call $deep)", grant: { limits: { fuel: 5_000_000 } } },
  { name: "runs out of fuel", ends: "fuel-exhausted", body: "(loop (br 0))" },
  {
    name: "runs out of fuel in a host call",
    ends: "fuel-exhausted",
    body: "(loop (drop (call $yield)) (call $put) (br 0))",
  },
  {
    name: "writes more than it may",
    ends: "output-limit-exceeded",
    body: "(call $put)",
    grant: { limits: { outputBytes: 10 } },
  },
  {
    name: "is at its deadline in its code",
    ends: "execution-timeout",
    body: "(loop (br 0))",
    grant: { limits: { fuel: 1e11, deadlineMs: 30 } },
  },
  {
    name: "is at its deadline in a host call",
    ends: "execution-timeout",
    body: "(loop (call $sleep) (br 0))",
    grant: { clock: true, limits: { deadlineMs: 30 } },
  },
  {
    name: "grew and shows it",
    ends: "exited 0",
    body: "(drop (memory.grow (i32.const 2))) (memory.fill (i32.const 0) (i32.const 0xa5) (i32.shl (memory.size) (i32.const 16)))",
  },
  {
    name: "grew by nothing",
    ends: "exited 0",
    body: "(drop (memory.grow (i32.const 0))) (memory.fill (i32.const 0) (i32.const 0xa5) (i32.shl (memory.size) (i32.const 16)))",
  },
  { name: "failed to grow", ends: "memory-limit-exceeded", body: "(drop (memory.grow (i32.const 60000))) unreachable" },
];

/**
 * Looks at every byte of its memory first and exits with 77 where one is neither zero nor of its own data segment, the
 * 8 bytes at 32 768; then fills all of it and ends by `body`. `mark` makes modules of the same size differ.
 */
const guest = (pages: number, mark: string, body: string): string => {
  const data = mark.padEnd(8, "!").slice(0, 8);
  return `(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") ${pages} 24) (tag $tag)
    (data (i32.const 32768) "${data}")
    (func $deep (call $deep) (call $deep))
    (func $put (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 60000))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func $sleep (memory.fill (i32.const 0) (i32.const 0) (i32.const 64)) (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const 3600000000000))
      (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))
    (func $seen (result i32) (local $at i32) (local $others i64)
      (if (i64.ne (i64.load (i32.const 32768)) (i64.const 0x${Buffer.from(data).reverse().toString("hex")}))
        (then (return (i32.const 1))))
      (i64.store (i32.const 32768) (i64.const 0))
      (loop (local.set $others (i64.or (local.get $others) (i64.load (local.get $at))))
        (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.shl (memory.size) (i32.const 16)))))
      (i64.ne (local.get $others) (i64.const 0)))
    (func (export "_start")
      (if (call $seen) (then (call $exit (i32.const 77))))
      (memory.fill (i32.const 0) (i32.const 0xa5) (i32.shl (memory.size) (i32.const 16)))
      ${body}))`;
};

const assembled = new Map<string, Uint8Array>();
function compiled(text: string): Uint8Array {
  const bytes = assembled.get(text) ?? wat(text);
  assembled.set(text, bytes);
  return bytes;
}

const AMPLE = { fuel: 8_000_000, memoryBytes: 24 * 65_536 };

function go(store: TestStore, pages: number, mark: string, body = "", grant: Grant = {}): Promise<Outcome> {
  return store.go(compiled(guest(pages, mark, body)), { ...grant, limits: { ...AMPLE, ...grant.limits } });
}

const store = openTestStore();
test.after(() => store.close());

for (const { name, ends, body, grant } of ENDINGS) {
  test(`nothing is left of the memory of a guest that fills it and ${name}, to another module or the same`, async () => {
    for (const pages of [1, 4, 16, 17]) {
      for (let i = 0; i < 2; i++) {
        assert.is(ending(await go(store, pages, name, body, grant)), ends, `${pages} pages`);
        assert.is(ending(await go(store, pages, "see")), "exited 0", `${pages} pages, another module`);
      }
    }
  });
}

test("nothing is left of the memory of a cancelled guest, nor in a worker that replaces an ended one", async () => {
  const own = openTestStore();
  try {
    for (const body of ["(loop (drop (call $yield)) (br 0))", "(loop (br 0))", "(loop (call $sleep) (br 0))"]) {
      const cancel = new AbortController();
      const grant = { clock: true, limits: { ...AMPLE, fuel: 1e11, deadlineMs: 20_000 } };
      const running = own.go(compiled(guest(4, "stop", body)), grant, { signal: cancel.signal });
      setTimeout(() => cancel.abort(), 60);
      assert.is(ending(await running), "cancelled");
      for (let i = 0; i < 3; i++) assert.is(ending(await go(own, 4, "see")), "exited 0");
      assert.is(ending(await go(own, 4, "stop")), "exited 0");
    }
  } finally {
    await own.close();
  }
});

test("a module that cannot be instantiated leaves nothing of its data segments", async () => {
  const broken = `(module (memory (export "memory") 4 24) (data (i32.const 4096) "left behind") (data (i32.const 262143) "ab")
    (func (export "_start")))`;
  for (let i = 0; i < 3; i++) {
    assert.is(ending(await store.go(compiled(broken), { limits: AMPLE })), "wasm-trap");
    assert.is(ending(await go(store, 4, "see")), "exited 0");
  }
});

test("a region that execute returns is what it was when it returned, and gone in the next run", async () => {
  const echo =
    compiled(`(module (memory (export "memory") 1) (func (export "alloc") (param i32) (result i32) i32.const 8)
    (func (export "execute") (param i32 i32) (result i32 i32) i32.const 0 i32.const 64))`);
  for (const text of ["first", "", "the third", ""]) {
    const outcome = await store.go(echo, {}, { stdin: bytesOf(text) });
    const expected = new Uint8Array(64);
    expected.set(bytesOf(text), 8);
    assert.equal(outcome.kind === "exited" && [...outcome.stdout], [...expected]);
  }
});

test("memory_peak is exact for a module that does not export its memory, and host calls do not reach it", async () => {
  const hidden = `(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory 1) (func (export "run") (result i32) (drop (memory.grow (i32.const 2)))
      (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8))))`;
  const outcome = await store.go(hidden);
  assert.is(ending(outcome), "exited 21"); // EFAULT
  assert.is(outcome.usage.memoryPeak, 3 * 65_536);
  assert.is((await store.go(`(module (func (export "_start")))`)).usage.memoryPeak, 0);
});

test("inspect and refusals tell of the memory as the module has it", async () => {
  const report = await store.inspect(compiled(`(module (memory (export "m") 2 9) (func (export "_start")))`));
  assert.ok("memory" in report);
  assert.equal(report.memory, { minPages: 2, maxPages: 9, exported: "m" });
  assert.equal(report.imports, []);
  const thief = `(module (import "tollgate:store" "memory" (memory 1)) (func (export "_start")))`;
  assert.is(ending(await store.go(compiled(thief))), "import-refused");
});

test.run();
