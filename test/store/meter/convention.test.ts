import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_MODULE_BOUNDS } from "../../../src/store/meter/bounds.ts";
import { meterModule } from "../../../src/store/meter/meter.ts";
import { metered, options, runMetered, runPlain, wat } from "./metered-run.ts";

// The metered module passes the counter as a parameter and a result of every function. What that must not change.

const many = (count: number, text: (i: number) => string) => Array.from({ length: count }, (_, i) => text(i)).join(" ");

/** `[what it proves, fields of the module, argument of "f", its fuel counted by hand]`. */
const SAME: readonly (readonly [string, string, number, number])[] = [
  [
    "an imported function is called through a table",
    `(import "h" "f" (func $h (param i32) (result i32))) (table 2 funcref) (elem (i32.const 0) $h $g)
     (func $g (param i32) (result i32) local.get 0)
     (func (export "f") (param i32) (result i32) local.get 0 i32.const 0 call_indirect (param i32) (result i32))`,
    6,
    4,
  ],
  [
    "an imported function is called through a reference that code puts into a table",
    `(import "h" "f" (func $h (param i32) (result i32))) (export "h" (func $h)) (table $t 1 funcref)
     (func (export "f") (param i32) (result i32)
       i32.const 0 ref.func $h table.set $t local.get 0 i32.const 0 call_indirect (param i32) (result i32))`,
    6,
    7,
  ],
  [
    "a function that only its export declares is called through a reference",
    `(func $g (export "g") (param i32) (result i32) local.get 0) (table $t 1 funcref)
     (func (export "f") (param i32) (result i32)
       i32.const 0 ref.func $g table.set $t local.get 0 i32.const 0 call_indirect (param i32) (result i32))`,
    6,
    9,
  ],
  [
    "an imported function is the value of a global",
    `(import "h" "f" (func $h (param i32) (result i32))) (global $g funcref (ref.func $h)) (table $t 1 funcref)
     (func (export "f") (param i32) (result i32)
       i32.const 0 global.get $g table.set $t local.get 0 i32.const 0 call_indirect (param i32) (result i32))`,
    6,
    7,
  ],
  [
    "an imported function is called as the last thing",
    `(import "h" "f" (func $h (param i32) (result i32)))
     (func (export "f") (param i32) (result i32) block local.get 0 return_call $h end unreachable)`,
    6,
    3,
  ],
  [
    "an imported function that is called as the last thing may be called through a table as well",
    `(import "h" "f" (func $h (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $h)
     (func $g (param i32) (result i32) local.get 0 i32.const 0 return_call_indirect (param i32) (result i32))
     (func (export "f") (param i32) (result i32) local.get 0 return_call $g)`,
    6,
    7,
  ],
  [
    "a block whose type stands far back",
    `${many(70, (i) => `(type (func (param ${"i32 ".repeat(i)})))`)}
     (type $pair (func (param i32 i32) (result i32 i32)))
     (func (export "f") (param i32) (result i32) local.get 0 i32.const 3 block (type $pair) end i32.sub)`,
    9,
    4,
  ],
  [
    "a function of several results that is left by br from within, its type far back",
    `${many(70, (i) => `(type (func (param ${"i32 ".repeat(i)})))`)}
     (func $g (param i32) (result i32 i32) block local.get 0 i32.const 2 br 1 end unreachable)
     (func (export "f") (param i32) (result i32) local.get 0 call $g i32.mul)`,
    21,
    // leaf: entry 1, two operands, br; caller: entry 1, operand, call, mul
    8,
  ],
  [
    "locals of many groups, the first of which holds one",
    `(func (export "f") (param i32) (result i32) (local f64) (local i32 i32) (local i64)
       local.get 0 local.set 2 f64.const 1.5 local.set 1 local.get 1 i32.trunc_f64_s local.get 2 i32.add)`,
    4,
    9,
  ],
  [
    "locals so many that the one that moves gets a longer index",
    `(func (export "f") (param i32) (result i32) (local ${"i32 ".repeat(200)})
       local.get 0 local.set 1 local.get 1 local.tee 200 local.get 1 i32.add)`,
    4,
    7,
  ],
  ...[126, 127].map((more): (typeof SAME)[number] => [
    `${1 + more} locals with the parameter, the first of which moves behind the last`,
    `(func (export "f") (param i32) (result i32) (local ${"i32 ".repeat(more)})
       local.get 0 local.set 1 local.get 1 local.tee ${more} local.get 1 i32.add)`,
    4,
    7,
  ]),
  [
    "what a call gives back is given back at once, and what follows nobody reaches",
    `(func $g (export "g") (param i32) (result i32) local.get 0)
     (func (export "f") (param i32) (result i32) block (result i32) local.get 0 call $g return end return)`,
    6,
    // entry, operand and call; entry and operand
    5,
  ],
  [
    "what a call gives back is charged, passed on to the host and to another call at once",
    `(import "h" "f" (func $h (param i32) (result i32))) (func $g (export "g") (param i32) (result i32) local.get 0)
     (func $none (export "none")) (func $two (export "two") (result i32) call $none call $none i32.const 2)
     (func (export "f") (param i32) (result i32)
       local.get 0 call $g if (result i32) call $none i32.const 1 call $h drop call $two else unreachable end
       call $none call $none)`,
    6,
    // entry, two operands, if, five calls of the module's own, one of the host; $g: 2, $none: 5 times 1, $two: 4
    10 + 2 + 5 + 4,
  ],
  [
    "a local that was never set is zero where it moved to",
    `(func (export "f") (param i32) (result i64) (local i64 i32) local.get 1 local.get 2 i64.extend_i32_s i64.add)`,
    4,
    5,
  ],
  [
    "a function that is exported twice and called from within",
    `(func $g (export "g") (export "h") (param i32) (result i32) local.get 0 i32.const 1 i32.add)
     (func (export "f") (param i32) (result i32) local.get 0 call $g call $g)`,
    4,
    // the function pays for itself: two times entry 1 and three operators
    4 + 8,
  ],
  [
    "code that nothing reaches still has the right types",
    `(import "h" "f" (func $h (param i32) (result i32))) (table 1 funcref)
     (func $g (param i32) (result i32) local.get 0)
     (func (export "f") (param i32) (result i32) (local i32)
       local.get 0 return
       call $g call $h drop i32.const 1 i32.const 0 call_indirect (param i32) (result i32) local.set 1
       i32.const 2 i32.const 3 br_if 0 drop block local.get 1 br 1 end i32.const 1 return_call $g)`,
    4,
    2,
  ],
  [
    "a leaf with a block of a type index is paid for by its caller",
    `(type $pair (func (result i32 i32)))
     (func $g (param i32) (result i32) block (type $pair) local.get 0 i32.const 3 end i32.add)
     (func (export "f") (param i32) (result i32) local.get 0 call $g)`,
    4,
    7,
  ],
  [
    "what calls only such leaves is one itself",
    `(func $a (param i32) (result i32) local.get 0 i32.const 3 i32.add)
     (func $b (param i32) (result i32) local.get 0 call $a call $a)
     (func (export "f") (param i32) (result i32) local.get 0 call $b call $b)`,
    4,
    // entry 1, three operators; twice: entry 1, three operators, and twice entry 1 and three operators
    4 + 2 * (4 + 2 * 4),
  ],
  [
    "a function that costs the same each time, with a call that nothing reaches, still has the right types",
    `(func $g (param i32) (result i32) loop end local.get 0 if local.get 0 call $g drop end local.get 0)
     (func $a (param i32) (result i32) local.get 0 return local.get 0 call $g)
     (func (export "f") (param i32) (result i32) local.get 0 call $a)`,
    4,
    3 + 2,
  ],
  [
    "a leaf that is called in one arm only is paid for in that arm",
    `(func $a (param i32) (result i32) local.get 0 i32.const 3 i32.add)
     (func $b (param i32) (result i32) local.get 0 if (result i32) local.get 0 call $a else i32.const 1 end)
     (func (export "f") (param i32) (result i32) local.get 0 call $b)`,
    0,
    3 + 4,
  ],
];

const imports = () => ({ h: { f: (x: number) => x * 7 } });

for (const [name, fields, argument, fuel] of SAME) {
  test(`${name}: result and fuel are the original's`, () => {
    const bytes = wat(`(module ${fields})`);
    const plain = runPlain(bytes, { name: "f", args: [argument], imports: imports() });
    assert.not.match(String(plain.result), /threw/);
    const metered = runMetered(bytes, { name: "f", args: [argument], imports: imports() });
    assert.is(metered.result, plain.result);
    assert.is(metered.fuel, fuel);
    assert.is(runMetered(bytes, { name: "f", args: [argument], imports: imports(), fuel }).left, 0);
    assert.ok(runMetered(bytes, { name: "f", args: [argument], imports: imports(), fuel: fuel - 1 }).left < 0);
  });
}

test("the counter is not stored between a call that gives it back and the charge behind it", () => {
  const bytes = wat(`(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
    (func $g (export "g") (param i32) (result i32) local.get 0)
    (func (export "f") (param i32) (result i32) local.get 0 call $g call $g call $g))`);
  const [getLocal, setLocal, counter] = [0x20, 0x21, 1];
  const stored = Buffer.from([setLocal, counter, getLocal, counter]);
  assert.is(Buffer.from(metered(bytes)).indexOf(stored), -1);
});

test("no file tool grows by more than half, and no module of the project's own by more than 0.6 of itself", () => {
  const tools = new URL("../../../dist/tools/", import.meta.url);
  const names = readdirSync(tools);
  assert.ok(names.filter((name) => name.startsWith("fs.")).length >= 10, "the file tools are not in dist/tools");
  for (const name of names) {
    const bytes = readFileSync(new URL(name, tools));
    const ratio = metered(bytes, 65_536).length / bytes.length;
    // A module of a few kilobytes is for a good part signatures, to each of which a parameter and a result are added.
    assert.ok(ratio <= (name.startsWith("fs.") ? 1.5 : 1.6), `${name}: ${ratio.toFixed(3)}`);
  }
});

test("what a tail call of an imported function throws is not caught by the function that called it", () => {
  const bytes = wat(`(module (import "h" "f" (func $h (param i32) (result i32)))
    (func $g (param i32) (result i32) try (result i32) local.get 0 return_call $h catch_all i32.const 1 end)
    (func (export "f") (param i32) (result i32) try (result i32) local.get 0 call $g catch_all i32.const 2 end))`);
  const thrower = () => ({
    h: {
      f: () => {
        throw new Error("from the host");
      },
    },
  });
  assert.is(runPlain(bytes, { name: "f", args: [0], imports: thrower() }).result, 2);
  assert.is(runMetered(bytes, { name: "f", args: [0], imports: thrower() }).result, 2);
});

test("an unreachable of a leaf's own is not taken for the end of the fuel", () => {
  const bytes = wat(`(module (func $a (param i32) (result i32) local.get 0 if unreachable end i32.const 1)
    (func (export "f") (param i32) (result i32) local.get 0 call $a))`);
  const run = runMetered(bytes, { name: "f", args: [1], fuel: 1000 });
  assert.match(String(run.result), /threw: unreachable/);
  assert.ok(run.left >= 0);
  assert.is(runMetered(bytes, { name: "f", args: [0], fuel: 7 }).left, 0);
});

test("an exception carries its values past functions that pass the counter", () => {
  const bytes = wat(
    `(module (tag $e (param i32 i64))
    (func $g (param i32) (result i32) local.get 0 i64.const 5 throw $e)
    (func (export "f") (param i32) (result i64) (local i32)
      try (result i64) local.get 0 call $g i64.extend_i32_u
      catch $e local.set 2 local.set 1 local.get 1 i64.extend_i32_u local.get 2 i64.add end) )`.replace(
      "(local i32)",
      "(local i32 i64)",
    ),
  );
  const call = { name: "f", args: [4] };
  assert.is(runPlain(bytes, call).result, 9n);
  const run = runMetered(bytes, call);
  assert.is(run.result, 9n);
  // f: entry, try, operand, call, handler, two sets, get, extend, get, add; g: entry, two operands, throw
  assert.is(run.fuel, 11 + 4);
});

for (const type of [`(func (param ${"i32 ".repeat(1000)}))`, `(func (result ${"i32 ".repeat(1000)}))`]) {
  test(`a type that has no room for the counter is refused whatever the bounds say: ${type.slice(0, 12)}…`, () => {
    const bounds = { ...DEFAULT_MODULE_BOUNDS, typeValues: 5000 };
    const answer = meterModule(wat(`(module (type ${type}))`), { ...options(), bounds });
    assert.ok(!answer.ok);
    assert.is(answer.fault.code, "module-refused");
    assert.is(answer.fault.data?.limit, 999);
    const less = wat(`(module (type ${type.replace("i32 ", "")}))`);
    assert.ok(meterModule(less, { ...options(), bounds }).ok);
  });
}

test.run();
