import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_MODULE_BOUNDS, type ModuleBounds } from "../../../src/store/meter/bounds.ts";
import { unsupportedByEngine } from "../../../src/store/meter/engine-support.ts";
import { meterModule } from "../../../src/store/meter/meter.ts";
import { bodyOf, exported, vector } from "./assembler.ts";
import { options, runMetered, wat } from "./metered-run.ts";
import { functions, joined, leb, rawModule, repeated } from "./module-bytes.ts";

/** Bounds of a host that wants none. */
const NONE = Object.fromEntries(
  Object.keys(DEFAULT_MODULE_BOUNDS).map((name) => [name, 2_000_000_000]),
) as unknown as ModuleBounds;
const BOUNDS: ModuleBounds = { ...NONE, imports: 2_000_000, functions: 2_000_000, blockDepth: 10_000 };

const many = (count: number, item: readonly number[]) => joined([Uint8Array.from(leb(count)), repeated(item, count)]);
const locals = (count: number) => rawModule(...functions(Uint8Array.of(1, ...leb(count), 0x7f, 0x0b)));

/** `[figure, what the engine takes, with the meter's own beside it too much]`. */
const FULL: readonly (readonly [string, () => Uint8Array<ArrayBuffer>])[] = [
  ["the number of locals", () => locals(50_000)],
  ["the number of types", () => rawModule([1, many(1_000_000, [0x60, 0, 0])])],
  ["the number of globals", () => rawModule([6, many(1_000_000, [0x7f, 0, 0x41, 0, 0x0b])])],
  ["the number of imports", () => rawModule([1, [1, 0x60, 0, 0]], [2, many(100_000, [1, 0x61, 1, 0x62, 0, 0])])],
  ["the number of exports", exports100000],
];

function exports100000(): Uint8Array<ArrayBuffer> {
  const items = Array.from({ length: 100_000 }, (_, i) =>
    Uint8Array.of(5, ...Buffer.from(i.toString(36).padStart(5, "_")), 0, 0),
  );
  return rawModule(
    [1, [1, 0x60, 0, 0]],
    [3, [1, 0]],
    [7, joined([Uint8Array.from(leb(items.length)), ...items])],
    [10, [1, 2, 0, 0x0b]],
  );
}

for (const [figure, build] of FULL) {
  test(`a module that fills the engine's own limit is refused by its figure, whatever the bounds: ${figure}`, () => {
    const bytes = build();
    assert.ok(WebAssembly.validate(bytes), "the engine does not take it");
    const answer = meterModule(bytes, { ...options(), bounds: BOUNDS });
    assert.ok(!answer.ok, "was accepted");
    assert.is(answer.fault.code, "module-refused");
    assert.is(answer.fault.data?.figure, figure);
  });
}

test("just below the engine's limits the metered module is one that the engine takes", () => {
  for (const bytes of [
    locals(49_980),
    wat(`(module (memory 1) (func (local ${"i32 ".repeat(9_000)}) (drop (memory.grow (local.get 8999)))
      (memory.fill (i32.const 0) (i32.const 0) (local.get 0))))`),
    rawModule([1, many(300_000, [0x60, 0, 0])]),
    rawModule([6, many(900_000, [0x7f, 0, 0x41, 0, 0x0b])]),
  ]) {
    const answer = meterModule(bytes, { ...options(), bounds: BOUNDS });
    assert.ok(answer.ok, answer.ok ? "" : answer.fault.message);
    assert.ok(WebAssembly.validate(answer.module.bytes));
  }
});

test("a function with several results keeps them where its type has an index of two bytes", () => {
  const types = Array.from({ length: 90 }, (_, i) => `(type (func (param ${"i32 ".repeat(i + 1)})))`).join(" ");
  const bytes = wat(`(module ${types} (func $g (param i32) (result i32) (loop) local.get 0)
    (func $two (param i32) (result i32 i32) (local $i i32)
      (loop (br_if 1 (i32.const 5) (i32.const 6) (i32.gt_u (local.get $i) (i32.const 50))) drop drop
        (local.set $i (i32.add (local.get $i) (call $g (i32.const 1)))) (br_if 0 (local.get 0)))
      i32.const 7 i32.const 8)
    (func (export "f") (param i32) (result i32) (call $two (local.get 0)) i32.sub))`);
  for (const argument of [0, 1]) {
    const run = runMetered(bytes, { name: "f", args: [argument] });
    assert.is(run.result, -1);
    assert.is(runMetered(bytes, { name: "f", args: [argument], fuel: run.fuel }).left, 0);
  }
});

const typed = "a function with one result of several bytes keeps it where it is left by return";
if (unsupportedByEngine(["functionReferences"]) !== undefined)
  test.skip(`${typed}: skipped, this Node.js has no typed references`, () => {});
else
  test(typed, () => {
    const bytes = rawModule(
      [1, vector([0x60, 1, 0x7f, 1, 0x7f], [0x60, 1, 0x7f, 1, 0x64, 0])],
      [3, [3, 0, 1, 0]],
      [7, vector(exported("f", 0))],
      [9, vector([3, 0, 1, 2])],
      [
        10,
        vector(
          bodyOf([], "i32.const 4; local.get 0; call 1; call_ref 0"),
          bodyOf(
            [],
            `loop 0x40; local.get 0; i32.const 40; i32.lt_u; i32.eqz; if 0x40; ref.func 2; return; end;
             local.get 0; call 2; local.set 0; local.get 0; call 2; local.set 0; br 0; end; unreachable`,
          ),
          bodyOf([], "loop 0x40; end; local.get 0; i32.const 1; i32.add"),
        ),
      ],
    );
    const run = runMetered(bytes, { name: "f", args: [3] });
    assert.is(run.result, 5);
    assert.is(runMetered(bytes, { name: "f", args: [3], fuel: run.fuel }).left, 0);
  });

test.run();
