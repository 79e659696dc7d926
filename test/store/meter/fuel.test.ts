import { test } from "uvu";
import * as assert from "uvu/assert";
import { METER_EXPORTS } from "../../../src/store/meter/meter.ts";
import { outOfFuel } from "../../../src/store/meter/out-of-fuel.ts";
import { metered, runMetered, runPlain, wat } from "./metered-run.ts";

/** `[what it proves, fields of the module, argument of "f", its answer, fuel counted by hand]`; an entry costs 1. */
const VECTORS: readonly (readonly [string, string, number, unknown, number])[] = [
  ["an empty function costs its entry", `(func (export "f") (param i32))`, 0, undefined, 1],
  ["a constant costs 1", `(func (export "f") (param i32) (result i32) i32.const 5)`, 0, 5, 2],
  [
    "nop, drop, block, loop, end and return cost nothing",
    `(func (export "f") (param i32) nop block nop end loop end i32.const 1 drop return)`,
    0,
    undefined,
    2,
  ],
  [
    "the arm taken is charged: then",
    `(func (export "f") (param i32) (result i32)
      local.get 0 if (result i32) i32.const 1 i32.const 2 i32.add else i32.const 3 end)`,
    1,
    3,
    6,
  ],
  [
    "the arm taken is charged: else",
    `(func (export "f") (param i32) (result i32)
      local.get 0 if (result i32) i32.const 1 i32.const 2 i32.add else i32.const 3 end)`,
    0,
    3,
    4,
  ],
  ["an if without else, taken", `(func (export "f") (param i32) local.get 0 if i32.const 1 drop end)`, 1, undefined, 4],
  [
    "an if without else, passed",
    `(func (export "f") (param i32) local.get 0 if i32.const 1 drop end)`,
    0,
    undefined,
    3,
  ],
  [
    "a loop costs what its body costs each time",
    `(func (export "f") (param i32) loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end)`,
    10,
    undefined,
    51,
  ],
  [
    "br_table to an inner label",
    `(func (export "f") (param i32) block block local.get 0 br_table 0 1 end i32.const 1 drop end)`,
    0,
    undefined,
    4,
  ],
  [
    "br_table past an outer label",
    `(func (export "f") (param i32) block block local.get 0 br_table 0 1 end i32.const 1 drop end)`,
    9,
    undefined,
    3,
  ],
  [
    "what cannot be reached costs nothing",
    `(func (export "f") (param i32) block br 0 i32.const 1 drop loop br 0 end end)`,
    0,
    undefined,
    2,
  ],
  [
    "a br_if out of two blocks, taken: what stands behind the inner end is not charged",
    `(func (export "f") (param i32) block block local.get 0 br_if 1 i32.const 1 drop end i32.const 2 drop end i32.const 3 drop)`,
    1,
    undefined,
    4,
  ],
  [
    "a br_if out of two blocks, passed: all is charged",
    `(func (export "f") (param i32) block block local.get 0 br_if 1 i32.const 1 drop end i32.const 2 drop end i32.const 3 drop)`,
    0,
    undefined,
    6,
  ],
  [
    "a call to a leaf costs 1, its entry and its body",
    `(func $g i32.const 1 drop) (func (export "f") (param i32) call $g)`,
    0,
    undefined,
    4,
  ],
  [
    "a leaf that is also exported pays for itself",
    `(func $g (export "g") i32.const 1 drop) (func (export "f") (param i32) call $g)`,
    0,
    undefined,
    4,
  ],
  [
    "an indirect call",
    `(type $t (func)) (table 1 funcref) (elem (i32.const 0) $g)
     (func $g i32.const 1 drop) (func (export "f") (param i32) i32.const 0 call_indirect (type $t))`,
    0,
    undefined,
    5,
  ],
  [
    "recursion",
    `(func $f (export "f") (param i32) (result i32)
      local.get 0 i32.eqz if (result i32) i32.const 1
      else local.get 0 local.get 0 i32.const 1 i32.sub call $f i32.mul end)`,
    5,
    120,
    55,
  ],
  [
    "memory.fill of a short constant length",
    memory(`i32.const 0 i32.const 1 i32.const 100 memory.fill`),
    0,
    undefined,
    105,
  ],
  ["memory.fill of 127 bytes", memory(`i32.const 0 i32.const 1 i32.const 127 memory.fill`), 0, undefined, 132],
  ["memory.fill of 128 bytes", memory(`i32.const 0 i32.const 1 i32.const 128 memory.fill`), 0, undefined, 133],
  [
    "memory.fill of a long constant length",
    memory(`i32.const 0 i32.const 1 i32.const 9000 memory.fill`),
    0,
    undefined,
    9005,
  ],
  [
    "memory.fill of a length that is not constant",
    memory(`i32.const 0 i32.const 1 local.get 0 memory.fill`),
    77,
    undefined,
    82,
  ],
  ["memory.copy", memory(`i32.const 0 i32.const 1 local.get 0 memory.copy`), 500, undefined, 505],
  ["memory.init", memory(`i32.const 0 i32.const 1 i32.const 3 memory.init $d`), 0, undefined, 8],
  ["data.drop costs 1", memory(`data.drop $d`), 0, undefined, 2],
  ["table.fill", table(`i32.const 0 ref.null func local.get 0 table.fill`), 4, undefined, 9],
  ["table.copy", table(`i32.const 0 i32.const 1 i32.const 2 table.copy`), 0, undefined, 7],
  ["table.init", table(`i32.const 0 i32.const 0 i32.const 1 table.init $e`), 0, undefined, 6],
  ["memory.grow costs a page each where it succeeds", memory(`local.get 0 memory.grow drop`), 5, undefined, 8],
  ["memory.grow costs 1 where it fails", memory(`local.get 0 memory.grow drop`), 16, undefined, 3],
  [
    "table.grow costs an element each where it succeeds",
    table(`ref.null func local.get 0 table.grow drop`),
    6,
    undefined,
    10,
  ],
  ["table.grow costs 1 where it fails", table(`ref.null func local.get 0 table.grow drop`), 200_000, undefined, 4],
  [
    "a tail call",
    `(func $g (param i32) (result i32) local.get 0) (func (export "f") (param i32) (result i32) i32.const 5 return_call $g)`,
    0,
    5,
    5,
  ],
  [
    "an indirect tail call",
    `(type $t (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $g)
     (func $g (type $t) local.get 0)
     (func (export "f") (type $t) i32.const 5 i32.const 0 return_call_indirect (type $t))`,
    0,
    5,
    6,
  ],
  [
    "tail recursion too deep for a stack",
    `(func $f (export "f") (param i32) (result i32)
      local.get 0 i32.eqz if i32.const 3 return end local.get 0 i32.const 1 i32.sub return_call $f)`,
    100_000,
    3,
    100_000 * 8 + 5,
  ],
  [
    "an exception caught where it is thrown: try 1, handler 1",
    `(tag $e (param i32)) (func (export "f") (param i32) (result i32)
      try (result i32) i32.const 7 throw $e catch $e end)`,
    0,
    7,
    5,
  ],
  [
    "an exception that leaves a call: what stood behind the call is not charged",
    `(tag $e) (func $g i32.const 1 drop throw $e)
     (func (export "f") (param i32) (result i32)
      try (result i32) call $g i32.const 1 i32.const 2 i32.add i32.const 3 i32.add catch_all i32.const 9 end)`,
    0,
    9,
    8,
  ],
  [
    "an exception caught in a loop that keeps the counter in a local neither loses nor repeats a charge",
    `(tag $e) (func (export "f") (param i32)
      loop
        try loop local.get 0 i32.const 1 i32.and br_if 1 i32.const 0 br_if 0 end throw $e catch $e end
        local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
      end)`,
    4,
    undefined,
    // even n: try, 4 + 2 + throw + handler + 5 = 14, odd n: try, 4 + 5 = 10
    1 + 2 * 14 + 2 * 10,
  ],
  [
    "a delegated exception",
    `(tag $e) (func (export "f") (param i32) (result i32)
      try (result i32) try i32.const 1 drop throw $e delegate 0 i32.const 4 catch_all i32.const 8 end)`,
    0,
    8,
    // entry, two tries, const, throw, handler, const
    7,
  ],
  [
    "a rethrown exception",
    `(tag $e) (func (export "f") (param i32) (result i32)
      try (result i32) try throw $e catch_all rethrow 0 end i32.const 4 catch_all i32.const 8 end)`,
    0,
    8,
    // entry, two tries, throw, handler, rethrow, handler, const
    8,
  ],
  [
    "several results through return, with the counter in a local",
    `(func (export "f") (param i32) (result i32 i64)
      loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end
      i32.const 1 i64.const 2 return)`,
    2,
    [1, 2n],
    13,
  ],
  [
    "a jump to the function's own label carries its results",
    `(func (export "f") (param i32) (result i32)
      loop i32.const 6 local.get 0 br_if 1 drop local.get 0 i32.const 1 i32.add local.tee 0 br_if 0 end i32.const 0)`,
    0,
    6,
    // entry, 3 + 5, then 3
    12,
  ],
  [
    "blocks with parameters and several results",
    `(func (export "f") (param i32) (result i32)
      i32.const 1 i32.const 2 block (param i32 i32) (result i32 i32) i32.add i32.const 4 end i32.sub)`,
    0,
    -1,
    6,
  ],
  [
    "every SIMD operator costs 1",
    `(memory 1) (func (export "f") (param i32) (result i32)
      v128.const i32x4 1 2 3 4 i32.const 0 v128.load i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
      i32.const 0 v128.load8_splat i8x16.add i32.const 0 v128.load offset=16 v128.xor i32x4.extract_lane 2)`,
    0,
    3,
    12,
  ],
  [
    "select, globals, references, conversions",
    `(global $g (mut i32) (i32.const 3)) (elem declare func $h) (func $h)
     (func (export "f") (param i32) (result i32)
      global.get $g global.set $g ref.func $h ref.is_null
      f64.const 1.5 i32.trunc_sat_f64_s i32.const 1 select
      i32.const 1 i32.const 1 select (result i32) i32.extend8_s)`,
    0,
    0,
    13,
  ],
];

function memory(code: string): string {
  return `(memory (export "memory") 1) (data $d "0123456789") (func (export "f") (param i32) ${code})`;
}

function table(code: string): string {
  return `(table 10 funcref) (elem $e func $h) (func $h) (func (export "f") (param i32) ${code})`;
}

for (const [name, fields, argument, result, fuel] of VECTORS) {
  const bytes = wat(`(module ${fields})`);
  const call = { name: "f", args: [argument] };
  test(`fuel: ${name}`, () => {
    const run = runMetered(bytes, call);
    assert.equal(run.result, result);
    assert.is(run.fuel, fuel);
    if (!name.endsWith("fails")) assert.equal(runPlain(bytes, call).result, result);
  });
  test(`a budget one unit short is exhausted, the exact one is not: ${name}`, () => {
    const exact = runMetered(bytes, { ...call, fuel });
    assert.is(exact.left, 0);
    assert.equal(exact.result, result);
    for (const less of [fuel - 1, fuel - 2, fuel >> 1, 0]) {
      if (less < fuel)
        assert.ok(runMetered(bytes, { ...call, fuel: Math.max(less, 0) }).left < 0, `${less} was enough`);
    }
  });
}

const ENDLESS: readonly (readonly [string, string])[] = [
  ["a loop", `(func (export "f") (param i32) loop br 0 end)`],
  ["a loop that tests", `(func (export "f") (param i32) loop local.get 0 i32.eqz br_if 0 end)`],
  ["a loop around a try", `(func (export "f") (param i32) loop try br 1 catch_all br 1 end end)`],
  [
    "a loop that catches its own exceptions",
    `(tag $e) (func (export "f") (param i32) loop try throw $e catch_all br 1 end end)`,
  ],
  ["tail recursion", `(func $f (export "f") (param i32) i32.const 0 return_call $f)`],
  [
    "mutual tail recursion",
    `(func $g return_call $h) (func $h return_call $g) (func (export "f") (param i32) call $g)`,
  ],
  [
    "indirect tail recursion",
    `(type $t (func)) (table 1 funcref) (elem (i32.const 0) $g) (func $g i32.const 0 return_call_indirect (type $t))
     (func (export "f") (param i32) call $g)`,
  ],
  ["a br_table back to the loop", `(func (export "f") (param i32) loop local.get 0 br_table 0 0 0 end)`],
  ["ping-pong with the host", `(import "h" "p" (func $p)) (func (export "f") (param i32) loop call $p br 0 end)`],
];

for (const [name, fields] of ENDLESS) {
  test(`endless code ends with the same fuel each time: ${name}`, () => {
    const bytes = wat(`(module ${fields})`);
    const call = { name: "f", args: [0], fuel: 100_000, imports: { h: { p: () => undefined } } };
    const first = runMetered(bytes, call);
    assert.is(first.result, "threw: unreachable");
    assert.ok(first.left < 0);
    assert.is(runMetered(bytes, call).left, first.left);
  });
}

test("mutual recursion that a stack does not hold ends by fuel first", () => {
  const bytes = wat(
    `(module (func $g (param i32) i32.const 0 call $h) (func $h (param i32) i32.const 0 call $g) (func (export "f") i32.const 0 call $g))`,
  );
  const run = runMetered(bytes, { name: "f", fuel: 3_000 });
  assert.is(run.result, "threw: unreachable");
  assert.ok(run.left < 0);
});

test("running out cannot be caught by the guest", () => {
  const bytes = wat(`(module (func $spin loop br 0 end)
    (func (export "f") (result i32) try (result i32) call $spin i32.const 1 catch_all i32.const 2 end))`);
  assert.is(runMetered(bytes, { name: "f", fuel: 1_000 }).result, "threw: unreachable");
});

test("a host that empties the tank stops a guest that catches the host's exception", () => {
  const bytes = wat(`(module (import "h" "stop" (func $stop))
    (func (export "f") (result i32)
      loop try call $stop catch_all br 1 end end i32.const 1))`);
  const module = new WebAssembly.Module(metered(bytes));
  const stop = (): never => {
    exports[METER_EXPORTS.fuel].value = -(2n ** 62n);
    throw new Error("stopped");
  };
  const { exports } = new WebAssembly.Instance(module, { h: { stop } });
  exports[METER_EXPORTS.fuel].value = 1_000_000n;
  assert.throws(() => exports.f(), /unreachable/);
  assert.ok(exports[METER_EXPORTS.fuel].value < -(2n ** 61n));
});

test("a program that exits from inside calls has paid for what it ran, not for what stood behind", () => {
  const bytes = wat(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (func $main (param i32)
      loop local.get 0 i32.eqz if i32.const 3 call $exit i32.const 1 drop i32.const 1 drop end
        local.get 0 i32.const 1 i32.sub local.set 0 br 0 end)
    (func (export "_start") i32.const 2 call $main i32.const 1 drop i32.const 1 drop))`);
  const imports = { wasi_snapshot_preview1: { proc_exit: () => assert.unreachable("exit") } };
  // _start 1 + 2; $main 1; twice 3 + 5; 3 + 2 to the exit
  assert.is(runMetered(bytes, { name: "_start", imports }).fuel, 3 + 1 + 2 * 8 + 5);
});

test("bulk lengths of 4 GiB cannot wrap the counter", () => {
  const fill = "i32.const 0 i32.const 0 i32.const -1 memory.fill\n";
  const bytes = wat(`(module (memory 1) (func (export "f") ${fill.repeat(500)}))`);
  const run = runMetered(bytes, { name: "f", fuel: 1_000_000 });
  assert.is(run.result, "threw: unreachable");
  assert.ok(run.left < 0 && run.left > -(2 ** 34));
});

test("a bulk operation that fuel does not cover does not run", () => {
  const bytes = wat(`(module (memory (export "memory") 1)
    (func (export "f") (param i32) i32.const 0 i32.const 7 local.get 0 memory.fill))`);
  const run = runMetered(bytes, { name: "f", args: [5000], fuel: 5004 });
  assert.ok(run.left < 0);
  assert.is(new Uint8Array(run.memory)[0], 0);
});

test("the start function runs when the host calls it, with fuel", () => {
  const bytes = wat(`(module (global $g (mut i32) (i32.const 0)) (start $s) (func $s i32.const 9 global.set $g)
    (func (export "f") (result i32) global.get $g))`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered(bytes)));
  const meter = exports[METER_EXPORTS.fuel];
  meter.value = 100n;
  assert.is(exports.f(), 0);
  assert.is(meter.value, 98n);
  exports[METER_EXPORTS.start]();
  assert.is(meter.value, 95n);
  assert.is(exports.f(), 9);
});

test("an endless start function does not hold up instantiation, and ends by fuel", () => {
  const bytes = wat(`(module (start $s) (func $s loop br 0 end))`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered(bytes)));
  exports[METER_EXPORTS.fuel].value = 10_000n;
  let thrown: unknown;
  try {
    exports[METER_EXPORTS.start]();
  } catch (error) {
    thrown = error;
  }
  assert.ok(outOfFuel(exports, thrown));
});

test("a failed memory.grow raises the flag, a successful one does not", () => {
  const bytes = wat(`(module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 memory.grow))`);
  const failed = runMetered(bytes, { name: "f", args: [16] });
  assert.is(failed.result, -1);
  assert.ok(failed.growFailed);
  const grown = runMetered(bytes, { name: "f", args: [15] });
  assert.is(grown.result, 1);
  assert.not.ok(grown.growFailed);
});

test.run();
