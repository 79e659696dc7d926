import { setFlagsFromString } from "node:v8";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MIB } from "../../src/contract/units.ts";
import { unsupportedByEngine } from "../../src/store/meter/engine-support.ts";
import type { Feature } from "../../src/store/meter/features.ts";
import { bodyOf, exported, vector } from "./meter/assembler.ts";
import { wat } from "./meter/metered-run.ts";
import { rawModule } from "./meter/module-bytes.ts";
import { ending, openTestStore, stdoutOf } from "./test-store.ts";

// Node.js 24 knows it, behind a flag.
if (Number.parseInt(process.versions.node, 10) === 24) setFlagsFromString("--experimental-wasm-exnref");

const store = openTestStore();
test.after(() => store.close());

/** Runs a test where the engine has the proposal, and says so where not. */
function where(feature: Feature, name: string, run: () => Promise<void>): void {
  if (unsupportedByEngine([feature]) === undefined) test(name, run);
  else test.skip(`${name}: skipped, this Node.js has no ${feature}`, run);
}

const SIMD = wat('(module (func (export "run") (result i32) (i32x4.extract_lane 0 (v128.const i32x4 0 1 2 3))))');

test("a store refuses what its features turn off, in runs and in inspection, and others run it", async () => {
  assert.is(ending(await store.go(SIMD)), "exited 0");
  const plain = openTestStore({ features: { simd: false } });
  try {
    const outcome = await plain.go(SIMD);
    assert.ok(outcome.kind === "fault");
    assert.is(outcome.fault.code, "module-refused");
    assert.match(outcome.fault.message, "(SIMD): turn it on with features.simd");
    const report = await plain.inspect(SIMD);
    assert.is("code" in report ? report.code : "", "module-refused");
    assert.ok(!("code" in (await store.inspect(SIMD))));
  } finally {
    await plain.close();
  }
});

test("a store is not opened with a feature that does not exist", () => {
  assert.throws(() => openTestStore({ features: { sidm: true } as object }), /features\.sidm/);
});

where(
  "multiMemory",
  "memory peak is that of all memories, and a second one runs into the limit as the first",
  async () => {
    const limits = { memoryBytes: MIB };
    const used = await store.go(
      wat(`(module (memory (export "memory") 1) (memory $b 2) (func (export "run") (result i32)
      (i32.sub (memory.grow $b (i32.const 3)) (i32.const 2))))`),
      { limits },
    );
    assert.is(ending(used), "exited 0");
    assert.is(used.usage.memoryPeak, (1 + 5) * 65_536);
    const over = await store.go(
      wat(`(module (memory (export "memory") 1) (memory $b 2) (func (export "run") (result i32)
      (if (i32.lt_s (memory.grow $b (i32.const 14)) (i32.const 0)) (then unreachable)) (i32.const 0)))`),
      { limits },
    );
    assert.is(ending(over), "memory-limit-exceeded");
  },
);

where("memory64", "host calls reach a 64-bit memory, which a run gets fresh", async () => {
  const guest =
    wat(`(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") i64 1) (data (i64.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00") (data (i64.const 16) "h0")
    (func (export "_start")
      (i32.store8 (i64.const 17) (i32.add (i32.load8_u (i64.const 17)) (i32.const 1)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
  for (let i = 0; i < 3; i++) {
    const outcome = await store.go(guest);
    assert.is(stdoutOf(outcome), "h1");
    assert.is(outcome.usage.memoryPeak, 65_536);
  }
});

where(
  "gc",
  "garbage collection is off by default; turned on, the memory limit bounds all that a run allocates",
  async () => {
    // `run` makes arrays of 1000 i64, so many as its constant says, keeping none
    const allocating = (times: number) =>
      rawModule(
        [1, vector([0x60, 0, 1, 0x7f], [0x5e, 0x7e, 1])],
        [3, [1, 0]],
        [7, [1, 3, 0x72, 0x75, 0x6e, 0, 0]],
        [
          10,
          vector(
            bodyOf(
              [[1, 0x7f]],
              `i32.const ${times}; local.set 0; loop 0x40; i32.const 1000; array.new_default 1; drop;
             local.get 0; i32.const 1; i32.sub; local.tee 0; br_if 0; end; i32.const 0`,
            ),
          ),
        ],
      );
    const refused = await store.go(allocating(1));
    assert.ok(refused.kind === "fault");
    assert.match(refused.fault.message, "features.gc");
    const collecting = openTestStore({ features: { gc: true } });
    try {
      const limits = { memoryBytes: MIB };
      assert.is(ending(await collecting.go(allocating(130), { limits })), "exited 0");
      const over = await collecting.go(allocating(131), { limits });
      assert.ok(over.kind === "fault");
      assert.is(over.fault.code, "memory-limit-exceeded");
      assert.equal(over.fault.data, { limit: MIB });
    } finally {
      await collecting.close();
    }
  },
);

/** Imports `(i32)` as function 0 and `(i32 i32 i32 i32) -> (i32)` as function 1; function 2 is `_start`. */
const guarded = (text: string) =>
  rawModule(
    [1, vector([0x60, 1, 0x7f, 0], [0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f], [0x60, 0, 0])],
    [2, vector(imported("proc_exit", 0), imported("fd_write", 1))],
    [3, [1, 2]],
    [5, [1, 0, 1]],
    [7, vector([6, ...Buffer.from("memory"), 2, 0], exported("_start", 2))],
    [10, vector(bodyOf([], text))],
  );

function imported(name: string, type: number): number[] {
  const module = "wasi_snapshot_preview1";
  return [module.length, ...Buffer.from(module), name.length, ...Buffer.from(name), 0, type];
}

/** `[what is caught, the guest, how the run ends]`; output of 1 byte is all that is allowed. */
const CAUGHT: readonly (readonly [string, string, string])[] = [
  ["exit", "block 0x40; try_table 0x40 1 0x02 0; i32.const 7; call 0; end; end; i32.const 9; call 0", "exited 7"],
  [
    "exit, by reference, then a loop",
    "block 0x69; try_table 0x40 1 0x03 0; i32.const 7; call 0; end; return; end; drop; loop 0x40; br 0; end",
    "exited 7",
  ],
  [
    "too much output",
    `i32.const 4; i32.const 100; i32.store 2 0; block 0x40; try_table 0x40 1 0x02 0;
     i32.const 1; i32.const 0; i32.const 1; i32.const 200; call 1; drop; end; end; i32.const 0; call 0`,
    "output-limit-exceeded",
  ],
];

for (const [what, text, ends] of CAUGHT) {
  where("exceptions", `what ends a run is not swallowed by try_table: ${what}`, async () => {
    const outcome = await store.go(guarded(text), { limits: { outputBytes: 1 } });
    assert.is(ending(outcome), ends, outcome.kind === "fault" ? outcome.fault.message : "");
  });
}

test.run();
