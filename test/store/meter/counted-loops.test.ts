import { test } from "uvu";
import * as assert from "uvu/assert";
import initWabt from "wabt";
import { COUNT_EXPORT, countingModule } from "./counting-module.ts";
import { metered, runMetered, wat } from "./metered-run.ts";

const wabt = await initWabt();

/** How many checks of the counter the metered module has: one at the entry of "f", and one a loop that has one. */
function checks(bytes: Uint8Array): number {
  const module = wabt.readWasm(metered(bytes), { readDebugNames: false });
  try {
    return module.toText({}).split("i64.lt_s").length - 1;
  } finally {
    module.destroy();
  }
}

/** Fuel by counting operator by operator, with code that the meter shares nothing with. */
function counted(bytes: Uint8Array, argument: number): number {
  const module = new WebAssembly.Module(countingModule(bytes, 1_000_000_000));
  const imports = { h: { f: (x: number) => x } };
  const { exports } = new WebAssembly.Instance(module, imports);
  exports.f(argument);
  return Number((exports[COUNT_EXPORT] as WebAssembly.Global<bigint>).value);
}

const step = (by: number) => `(local.tee $i (i32.add (local.get $i) (i32.const ${by})))`;
const work = "(local.set $s (i32.xor (i32.mul (local.get $s) (i32.const 31)) (local.get $i)))";
const f = (body: string, more = "") =>
  `(module ${more} (func (export "f") (param $p i32) (result i32) (local $s i32) (local $i i32) (local $j i32) ${body} (local.get $s)))`;

/** `[what it proves, module, checks]`. */
const COUNTED: readonly (readonly [string, string, number])[] = [
  ["until equal", f(`(local.set $i (i32.const 3)) (loop ${work} (br_if 0 (i32.ne ${step(4)} (i32.const 43))))`), 1],
  [
    "while less, signed",
    f(`(local.set $i (i32.const 1)) (loop ${work} (br_if 0 (i32.lt_s ${step(3)} (i32.const 20))))`),
    1,
  ],
  [
    "while less, unsigned",
    f(`(local.set $i (i32.const 0)) (loop ${work} (br_if 0 (i32.lt_u ${step(7)} (i32.const 50))))`),
    1,
  ],
  [
    "one turn, since the comparison comes after it",
    f(`(local.set $i (i32.const 9)) (loop ${work} (br_if 0 (i32.lt_s ${step(1)} (i32.const 2))))`),
    1,
  ],
  ["down to zero", f(`(local.set $i (i32.const 12)) (loop ${work} (br_if 0 ${step(-1)}))`), 1],
  [
    "with arms that cost differently",
    f(`(local.set $i (i32.const 0)) (loop (if (i32.and (local.get $i) (i32.const 1)) (then ${work}) (else ${work}${work}))
       (br_if 0 (i32.ne ${step(1)} (i32.const 10))))`),
    1,
  ],
  [
    "one within another, each set anew",
    f(`(local.set $j (i32.const 0)) (loop (local.set $i (i32.const 0))
       (loop ${work} (br_if 0 (i32.ne ${step(1)} (i32.const 8))))
       (br_if 0 (i32.ne (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 5))))`),
    1,
  ],
  [
    "within a loop that is left, what was paid for it is given back",
    f(`(block $out (loop $more
         (br_if $out (i32.gt_s (local.get $s) (i32.const 1000000)))
         (local.set $i (i32.const 0)) (loop ${work} (br_if 0 (i32.ne ${step(1)} (i32.const 8))))
         (local.set $s (i32.and (local.get $s) (i32.const 0x7fffffff)))
         (br_if $more (local.tee $p (i32.sub (local.get $p) (i32.const 1))))))`),
    2,
  ],
];

for (const [name, text, expected] of COUNTED) {
  test(`a loop whose turns stand in the code is paid for as a whole: ${name}`, () => {
    const bytes = wat(text);
    assert.is(checks(bytes), expected);
    const fuel = counted(bytes, 6);
    assert.is(runMetered(bytes, { name: "f", args: [6] }).fuel, fuel);
    assert.is(runMetered(bytes, { name: "f", args: [6], fuel }).left, 0);
    assert.ok(runMetered(bytes, { name: "f", args: [6], fuel: fuel - 1 }).left < 0);
  });
}

/** What looks like such a loop and is none; each keeps the check at its head. */
const NOT_COUNTED: readonly (readonly [string, string])[] = [
  [
    "its start is set in one arm only",
    f(
      `(local.set $i (local.get $p)) (if (local.get $p) (then (local.set $i (i32.const 2)))) (loop ${work} (br_if 0 (i32.lt_s ${step(1)} (i32.const 9))))`,
    ),
  ],
  [
    "its start may be jumped over",
    f(
      `(block (br_if 0 (local.get $p)) (local.set $i (i32.const 2))) (loop ${work} (br_if 0 (i32.lt_s ${step(1)} (i32.const 9))))`,
    ),
  ],
  [
    "its start is set outside of the loop around it",
    f(
      `(local.set $i (i32.const 0)) (loop $o (loop ${work} (br_if 0 (i32.lt_s ${step(1)} (i32.const 9)))) (br_if $o (local.tee $p (i32.sub (local.get $p) (i32.const 1)))))`,
    ),
  ],
  [
    "its start is no constant",
    f(`(local.set $i (local.get $p)) (loop ${work} (br_if 0 (i32.ne ${step(1)} (i32.const 9))))`),
  ],
  ["its start was never set", f(`(loop ${work} (br_if 0 (i32.ne ${step(1)} (i32.const 9))))`)],
  [
    "it sets the local once more",
    f(
      `(local.set $i (i32.const 0)) (loop ${work} (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if 0 (i32.lt_s ${step(1)} (i32.const 9))))`,
    ),
  ],
  [
    "it sets the local between the step and the jump",
    f(
      `(local.set $i (i32.const 0)) (loop ${work} (drop ${step(1)}) (local.set $i (i32.add (local.get $i) (local.get $p))) (br_if 0 (i32.lt_s (local.get $i) (i32.const 40))))`,
    ),
  ],
  [
    "it steps another local",
    f(
      `(local.set $i (i32.const 0)) (local.set $j (i32.const 0)) (loop ${work} (br_if 0 (i32.lt_s (local.tee $i (i32.add (local.get $j) (i32.const 1))) (local.tee $j (i32.add (local.get $j) (i32.const 1))))))`,
    ),
  ],
  [
    "it is left in another way",
    f(
      `(local.set $i (i32.const 0)) (block (loop ${work} (br_if 1 (i32.eq (local.get $i) (local.get $p))) (br_if 0 (i32.ne ${step(1)} (i32.const 9)))))`,
    ),
  ],
  [
    "it is gone back to in another way",
    f(
      `(local.set $i (i32.const 0)) (loop ${work} (br_if 0 (i32.lt_s (local.tee $p (i32.sub (local.get $p) (i32.const 1))) (i32.const -50))) (br_if 0 (i32.ne ${step(1)} (i32.const 9))))`,
    ),
  ],
  [
    "it is gone back to once more behind the jump",
    f(
      `(local.set $i (i32.const 0)) (loop ${work} (br_if 0 (i32.ne ${step(1)} (i32.const 9))) (br_if 0 (i32.gt_s (local.tee $p (i32.sub (local.get $p) (i32.const 1))) (i32.const 99))))`,
    ),
  ],
  [
    "it calls",
    f(
      `(local.set $i (i32.const 0)) (loop ${work} (drop (call $h (local.get $i))) (br_if 0 (i32.ne ${step(1)} (i32.const 9))))`,
      `(import "h" "f" (func $h (param i32) (result i32)))`,
    ),
  ],
  [
    "its turns cost too much at once",
    f(`(local.set $i (i32.const 0)) (loop ${work} (br_if 0 (i32.ne ${step(1)} (i32.const 20000))))`),
  ],
  [
    "it would wrap around",
    f(
      `(local.set $i (i32.const 0x3fffff00)) (loop ${work} (br_if 0 (i32.lt_u ${step(0x1000000)} (i32.const 0x7f000000))))`,
    ),
  ],
];

for (const [name, text] of NOT_COUNTED) {
  test(`a loop is not paid for as a whole where ${name}`, () => {
    const bytes = wat(text);
    assert.ok(checks(bytes) > 1, "its head does not check");
    for (const argument of [0, 6]) {
      if (/\$p \(i32\.sub/.test(text) && argument === 0) continue;
      assert.is(
        runMetered(bytes, { name: "f", args: [argument], imports: { h: { f: (x: number) => x } } }).fuel,
        counted(bytes, argument),
      );
    }
  });
}

test("a step that never gets there ends by fuel", () => {
  const bytes = wat(f(`(local.set $i (i32.const 0)) (loop ${work} (br_if 0 (i32.ne ${step(2)} (i32.const 9))))`));
  assert.ok(runMetered(bytes, { name: "f", args: [0], fuel: 10_000 }).left < 0);
});

test.run();
