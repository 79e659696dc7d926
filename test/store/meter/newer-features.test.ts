import { setFlagsFromString } from "node:v8";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_MODULE_BOUNDS } from "../../../src/store/meter/bounds.ts";
import { unsupportedByEngine } from "../../../src/store/meter/engine-support.ts";
import { type Feature, featureSet } from "../../../src/store/meter/features.ts";
import { METER_EXPORTS, meterModule } from "../../../src/store/meter/meter.ts";
import { bodyOf, code, exported, vector } from "./assembler.ts";
import { type GuestCall, meteredInstance, options, runMetered, runPlain, wat } from "./metered-run.ts";
import { type RawSection, rawModule } from "./module-bytes.ts";

const I32 = 0x7f;
const FUNCREF = 0x70;
const EXNREF = 0x69;
const ANYREF = 0x6e;
/** A reference that may be null to the type or heap type that follows. */
const REF_NULL = 0x63;
/** `(func (param i32) (result i32))` and `(func)`. */
const UNARY = [0x60, 1, I32, 1, I32];
const NULLARY = [0x60, 0, 0];

// What an engine knows but keeps behind a flag is tested too.
const node = Number.parseInt(process.versions.node, 10);
const flags = node < 22 ? ["extended-const", "relaxed-simd", "memory64"] : node < 25 ? ["exnref"] : [];
for (const flag of flags) setFlagsFromString(`--experimental-wasm-${flag}`);

/** Runs a test where the engine has the proposal, and says so where not. */
function where(feature: Feature, name: string, run: () => void): void {
  if (unsupportedByEngine([feature]) === undefined) test(name, run);
  else test.skip(`${name}: skipped, this Node.js has no ${feature}`, run);
}

const features = featureSet({ gc: true, relaxedSimd: true });

/** Function 0 is exported as `f`; sections other than types, functions, exports and code come in between. */
function unary(
  types: number[][],
  bodies: number[][],
  kinds: number[],
  ...others: RawSection[]
): Uint8Array<ArrayBuffer> {
  const all: RawSection[] = [
    [1, vector(...types)],
    [3, vector(...kinds.map((kind) => [kind]))],
    [7, vector(exported("f", 0))],
    [10, vector(...bodies)],
    ...others,
  ];
  const place = (id: number) => [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11].indexOf(id);
  return rawModule(...all.sort((a, b) => place(a[0]) - place(b[0])));
}

/** Declares functions, so that `ref.func` may name them. */
const declared = (...indices: number[]): RawSection => [9, vector([3, 0, ...vector(...indices.map((i) => [i]))])];

type Vector = readonly [
  Feature,
  string,
  Uint8Array<ArrayBuffer>,
  readonly (readonly [number, unknown, number | undefined])[],
];

/** `[proposal, what it proves, module, [argument of "f", answer, fuel counted by hand][]]`; an entry costs 1. */
const VECTORS: readonly Vector[] = [
  [
    "functionReferences",
    "call_ref costs 1, and its callee what it costs",
    unary(
      [UNARY],
      [bodyOf([], "local.get 0; ref.func 1; call_ref 0"), bodyOf([], "local.get 0; i32.const 1; i32.add")],
      [0, 0],
      declared(1),
    ),
    [[4, 5, 8]],
  ],
  [
    "functionReferences",
    "return_call_ref costs 1 and nothing after it is charged",
    unary(
      [UNARY],
      [bodyOf([], "local.get 0; ref.func 1; return_call_ref 0"), bodyOf([], "local.get 0; i32.const 1; i32.add")],
      [0, 0],
      declared(1),
    ),
    [[4, 5, 8]],
  ],
  [
    "functionReferences",
    "br_on_null charges the way that is taken, behind a call that counts for itself",
    unary(
      [UNARY, NULLARY],
      [
        bodyOf(
          [[1, REF_NULL, 0]],
          `local.get 0; if 0x40; ref.func 0; local.set 1; end; call 1;
           block 0x40; local.get 1; br_on_null 0; drop; i32.const 7; return; end; i32.const 8; i32.const 1; i32.add`,
        ),
        bodyOf([], "i32.const 3; drop"),
      ],
      [0, 1],
      declared(0),
    ),
    [
      [0, 9, 1 + 2 + 1 + 2 + 2 + 3],
      [1, 7, 1 + 2 + 2 + 1 + 2 + 2 + 1],
    ],
  ],
  [
    "functionReferences",
    "br_on_non_null charges the way that is taken",
    unary(
      [UNARY],
      [
        bodyOf(
          [[1, REF_NULL, 0]],
          `local.get 0; if 0x40; ref.func 0; local.set 1; end;
           block 0x64 0; local.get 1; br_on_non_null 0; i32.const 5; i32.const 6; drop; return; end; drop; i32.const 8`,
        ),
      ],
      [0],
      declared(0),
    ),
    [
      [0, 5, 1 + 2 + 2 + 2],
      [1, 8, 1 + 2 + 2 + 2 + 1],
    ],
  ],
  [
    "functionReferences",
    "typed locals, a table with an initial value, ref.as_non_null and a typed select",
    unary(
      [UNARY],
      [
        bodyOf(
          [
            [2, REF_NULL, 0],
            [1, I32],
          ],
          `i32.const 1; table.get 0; local.set 2; local.get 2; local.get 1; local.get 0; select.t 1 0x63 0;
           ref.as_non_null; drop; local.get 0; local.get 2; return_call_ref 0`,
        ),
        bodyOf([], "local.get 0; i32.const 2; i32.mul"),
      ],
      [0, 0],
      [4, vector([0x40, 0, REF_NULL, 0, 0, 3, 0xd2, 1, 0x0b])],
    ),
    [
      [3, 6, 1 + 3 + 4 + 1 + 3 + 4],
      [0, "threw: dereferencing a null pointer", undefined],
    ],
  ],
  [
    "gc",
    "struct.new, struct.set and struct.get cost 1 each, in a recursive group of types",
    unary(
      [UNARY, [0x4e, 2, 0x50, 0, 0x5f, 2, 0x7f, 1, REF_NULL, 2, 1, 0x4f, 1, 1, 0x5f, 2, 0x7f, 1, REF_NULL, 2, 1]],
      [
        bodyOf(
          [[1, REF_NULL, 1]],
          `local.get 0; ref.null 2; struct.new 1; local.tee 1; i32.const 5; struct.set 1 0;
           local.get 1; struct.get 1 0; struct.new_default 2; ref.test 1; i32.add`,
        ),
      ],
      [0],
    ),
    [[3, 6, 1 + 6 + 2 + 2 + 1]],
  ],
  [
    "gc",
    "array operations cost their length in elements: new, fill, copy, and new of a variable length",
    unary(
      [UNARY, [0x5e, 0x78, 1]],
      [
        bodyOf(
          [[2, REF_NULL, 1]],
          `i32.const 7; i32.const 100; array.new 1; local.set 1;
           local.get 0; array.new_default 1; local.set 2;
           local.get 2; i32.const 0; i32.const 9; local.get 0; array.fill 1;
           local.get 1; i32.const 0; local.get 2; i32.const 0; i32.const 3; array.copy 1 1;
           local.get 1; i32.const 2; array.get_u 1; local.get 2; array.len; i32.add`,
        ),
      ],
      [0],
    ),
    [[200, 209, 1 + 4 + 100 + 3 + 200 + 5 + 200 + 6 + 3 + 6]],
  ],
  [
    "gc",
    "array.new_data, array.init_data, array.new_elem and array.init_elem cost their length, array.new_fixed 1",
    unary(
      [UNARY, [0x5e, 0x78, 1], [0x5e, FUNCREF, 1]],
      [
        bodyOf(
          [
            [1, REF_NULL, 1],
            [1, REF_NULL, 2],
          ],
          `i32.const 0; local.get 0; array.new_data 1 0; local.set 1;
           local.get 1; i32.const 0; i32.const 1; i32.const 2; array.init_data 1 0;
           i32.const 0; i32.const 2; array.new_elem 2 0; local.set 2;
           local.get 2; i32.const 0; i32.const 0; local.get 0; i32.const 2; i32.sub; array.init_elem 2 0;
           ref.null 0x70; ref.null 0x70; array.new_fixed 2 2; array.len;
           local.get 1; i32.const 1; array.get_u 1; i32.add`,
        ),
      ],
      [0],
      [9, vector([1, 0, ...vector([0], [0])])],
      [12, [1]],
      [11, vector([1, 4, 10, 20, 30, 40])],
    ),
    [[4, 32, 1 + 4 + 4 + 5 + 2 + 4 + 2 + 7 + 2 + 4 + 4]],
  ],
  [
    "gc",
    "br_on_cast and br_on_cast_fail charge the way that is taken; i31 and ref.eq cost 1",
    unary(
      [UNARY, [0x5f, 0]],
      [
        bodyOf(
          [[1, ANYREF]],
          `local.get 0; if 0x40; struct.new_default 1; local.set 1; else; i32.const 5; ref.i31; local.set 1; end;
           block 0x64 1; local.get 1; br_on_cast 1 0 0x6e 1; drop; block 0x6e; local.get 1; br_on_cast_fail 3 0 0x6e 0x6c;
           i31.get_u; return; end; unreachable; end; drop; i32.const 1; ref.i31; i32.const 1; ref.i31; ref.eq`,
        ),
      ],
      [0],
    ),
    [
      [0, 5, 1 + 2 + 3 + 2 + 2 + 1],
      [1, 1, 1 + 2 + 2 + 2 + 5],
    ],
  ],
  [
    "exceptions",
    "a caught throw costs what ran, and what stands behind its target",
    unary(
      [UNARY, NULLARY, [0x60, 1, I32, 0]],
      [
        bodyOf(
          [],
          `block 0x7f; try_table 0x40 1 0x00 0 0; local.get 0; if 0x40; local.get 0; i32.const 1; i32.add; throw 0; end; end;
           i32.const 10; i32.const 1; i32.add; return; end; i32.const 100; i32.add`,
        ),
      ],
      [0],
      [13, vector([0, 2])],
    ),
    [
      [0, 11, 1 + 1 + 2 + 3],
      [5, 106, 1 + 1 + 2 + 4 + 2],
    ],
  ],
  [
    "exceptions",
    "an exception that a callee throws is caught with all that the callee spent, and thrown again by reference",
    unary(
      [UNARY, NULLARY, [0x60, 1, I32, 0]],
      [
        bodyOf(
          [[1, EXNREF]],
          `block 0x7f; try_table 0x40 1 0x00 0 0;
             block 0x69; try_table 0x40 1 0x03 0; local.get 0; call 1; drop; end; local.get 0; return; end;
             local.tee 1; drop; local.get 1; throw_ref; end;
           unreachable; end; i32.const 1; i32.add`,
        ),
        bodyOf(
          [],
          "i32.const 1; drop; i32.const 2; drop; local.get 0; if 0x40; local.get 0; throw 0; end; i32.const 0",
        ),
      ],
      [0, 0],
      [13, vector([0, 2])],
    ),
    [
      [0, 0, 1 + 2 + 2 + (1 + 2 + 2 + 1) + 1],
      [7, 8, 1 + 2 + 2 + (1 + 2 + 2 + 2) + 3 + 2],
    ],
  ],
  [
    "exceptions",
    "an exception may go to the head of a loop, which is charged and checked again",
    unary(
      [UNARY, NULLARY],
      [
        bodyOf(
          [],
          `loop 0x40; try_table 0x40 1 0x02 0; local.get 0; if 0x40; local.get 0; i32.const 1; i32.sub; local.set 0; throw 0; end; end; end;
           i32.const 4`,
        ),
      ],
      [0],
      [13, vector([0, 1])],
    ),
    [[3, 4, 1 + 3 * (1 + 2 + 5) + (1 + 2) + 1]],
  ],
  [
    "multiMemory",
    "operations on a second memory cost what they move, and grow what it grows",
    wat(`(module (memory 1) (memory $b 1 4) (data $d "abcd")
      (func (export "f") (param i32) (result i32)
        i32.const 3 i32.const 7 local.get 0 memory.fill $b
        i32.const 0 i32.const 3 i32.const 5 memory.copy 0 $b
        i32.const 8 i32.const 0 i32.const 2 memory.init $b $d
        i32.const 2 memory.grow $b
        i32.const 9 i32.load8_u $b i32.add
        memory.size $b i32.add))`),
    [[200, 1 + 98 + 3, 1 + 4 + 200 + 4 + 5 + 4 + 2 + 2 + 2 + 3 + 2]],
  ],
  [
    "memory64",
    "operations of a 64-bit memory cost what they move, by lengths of 64 bits",
    wat(`(module (memory i64 1 9) (data $d "abcd")
      (func (export "f") (param i32) (result i32)
        i64.const 3 i32.const 7 local.get 0 i64.extend_i32_u memory.fill
        i64.const 0 i64.const 3 i64.const 5 memory.copy
        i64.const 8 i32.const 0 i32.const 2 memory.init $d
        i64.const 2 memory.grow i32.wrap_i64
        i64.const 9 i32.load8_u i32.add
        i64.const 99 memory.grow i32.wrap_i64 i32.add))`),
    [[200, 1 + 98 - 1, 1 + 5 + 200 + 4 + 5 + 4 + 2 + 3 + 2 + 3 + 4]],
  ],
  [
    "memory64",
    "a length near 2^64 ends the run as out of fuel and wraps nothing around",
    wat(`(module (memory i64 1)
      (func (export "f") (param i32) (result i32) i64.const 0 i32.const 7 i64.const -1 memory.fill i32.const 1))`),
    [[0, "threw: unreachable", undefined]],
  ],
  [
    "extendedConstants",
    "arithmetic in a constant expression costs nothing",
    wat(`(module (global i32 (i32.add (i32.const 40) (i32.mul (i32.const 1) (i32.const 2))))
      (func (export "f") (param i32) (result i32) global.get 0))`),
    [[0, 42, 2]],
  ],
  [
    "relaxedSimd",
    "a relaxed operation costs 1",
    unary(
      [UNARY],
      [
        bodyOf(
          [],
          "local.get 0; i8x16.splat; i32.const 1; i8x16.splat; i8x16.relaxed_swizzle; i32x4.extract_lane 0x00",
        ),
      ],
      [0],
    ),
    [[3, 0x03030303, 7]],
  ],
];

for (const [feature, what, bytes, runs] of VECTORS) {
  where(feature, `${feature}: ${what}`, () => {
    for (const [argument, result, fuel] of runs) {
      const call: GuestCall = { name: "f", args: [argument], features };
      const run = runMetered(bytes, call);
      assert.equal(run.result, result);
      if (result !== "threw: unreachable") assert.equal(runPlain(bytes, call).result, result);
      // a run that traps may have paid for what it did not come to
      if (fuel === undefined) continue;
      assert.is(run.fuel, fuel, `of ${argument}`);
      assert.is(runMetered(bytes, { ...call, fuel }).left, 0);
      assert.ok(runMetered(bytes, { ...call, fuel: fuel - 1 }).left < 0, "one less was enough");
    }
  });
}

where("multiMemory", "all memories together stay within the cap, however each grows", () => {
  const pages = (text: string, cap: number) => {
    const { exports } = meteredInstance(wat(`(module ${text})`), {}, cap);
    return ["a", "b", "c"].map((name) => {
      const memory = exports[name] as WebAssembly.Memory | undefined;
      if (memory === undefined) return 0;
      let grown = 0;
      try {
        for (; grown < 100; grown++) memory.grow(1);
      } catch (error) {
        assert.instance(error, RangeError);
      }
      return memory.buffer.byteLength / 65_536;
    });
  };
  const three = '(memory (export "a") 1) (memory (export "b") 2 5) (memory (export "c") 1)';
  assert.equal(pages(three, 16), [6, 5, 5]);
  assert.equal(pages(three, 5), [1, 3, 1]);
  assert.equal(pages(three, 4), [1, 2, 1]);
  assert.equal(pages('(memory (export "a") 1 90) (memory (export "b") 0 90)', 16), [16, 0, 0]);
  assert.throws(() => pages(three, 3), /262144 bytes of memory to start, over the limit of 196608/);
});

where("memory64", "a 64-bit memory stays within the cap, and the host finds it", () => {
  const bytes = wat(`(module (memory (export "m") i64 1 100000)
    (func (export "f") (result i32) (i32.wrap_i64 (memory.grow (i64.const 15))))
    (func (export "g") (result i32) (i32.wrap_i64 (memory.grow (i64.const 16)))))`);
  const answer = meterModule(bytes, options());
  assert.ok(answer.ok);
  assert.is(answer.module.importsMemory, false);
  assert.equal(answer.module.ownMemories, [METER_EXPORTS.memory]);
  assert.equal(answer.module.memory, { minPages: 1, maxPages: 16, exported: "m" });
  const first = meteredInstance(bytes).exports;
  first[METER_EXPORTS.fuel].value = 1000n;
  assert.is(first.f(), 1);
  assert.is(first[METER_EXPORTS.memory].buffer.byteLength, 16 * 65_536);
  const second = meteredInstance(bytes).exports;
  second[METER_EXPORTS.fuel].value = 1000n;
  assert.is(second.g(), -1);
  assert.is(second[METER_EXPORTS.growFailed].value, 1);
});

const table64 = wat(`(module (table $t (export "t") i64 1 funcref)
  (func (export "f") (param i32) (result i32)
    ref.null func local.get 0 i64.extend_i32_u table.grow $t i32.wrap_i64
    i64.const 0 ref.null func local.get 0 i64.extend_i32_u table.fill $t
    table.size $t i32.wrap_i64 i32.add))`);
const table64Test = "memory64: operations of a 64-bit table cost what they move, and its maximum holds";
if (!WebAssembly.validate(table64)) test.skip(`${table64Test}: skipped, this Node.js has no 64-bit tables`, () => {});
else
  test(table64Test, () => {
    const run = runMetered(table64, { name: "f", args: [300] });
    assert.equal([run.result, run.fuel], [302, 1 + 5 + 300 + 5 + 300 + 3]);
    const most = DEFAULT_MODULE_BOUNDS.tableElements;
    assert.is(runMetered(table64, { name: "f", args: [most - 1] }).result, most + 1);
    assert.match(String(runMetered(table64, { name: "f", args: [most] }).result), /table index is out of bounds/);
  });

where("gc", "what a run allocates is bounded by the memory limit, and running into it says so", () => {
  // each turn makes an array of 1000 i64 and drops it
  const bytes = unary(
    [UNARY, [0x5e, 0x7e, 1]],
    [
      bodyOf(
        [],
        `loop 0x40; i32.const 1000; array.new_default 1; drop; local.get 0; i32.const 1; i32.sub; local.tee 0; br_if 0; end;
         i32.const 1`,
      ),
    ],
    [0],
  );
  const inside = runMetered(bytes, { name: "f", args: [130], features });
  assert.equal([inside.result, inside.growFailed], [1, false]);
  const over = runMetered(bytes, { name: "f", args: [131], features });
  assert.equal([over.result, over.growFailed], ["threw: unreachable", true]);
  const dynamic = unary([UNARY, [0x5e, 0x7e, 1]], [bodyOf([], "local.get 0; array.new_default 1; array.len")], [0]);
  assert.is(runMetered(dynamic, { name: "f", args: [131_000], features }).result, 131_000);
  for (const length of [131_071, 0x7fff_ffff, -1])
    assert.ok(runMetered(dynamic, { name: "f", args: [length], features }).growFailed, `${length} elements were made`);
});

where("gc", "objects of constant expressions count against the memory limit before anything is made", () => {
  const withArrays = (length: number[], count: number) =>
    unary(
      [UNARY, [0x5e, 0x7e, 1]],
      [bodyOf([], "local.get 0")],
      [0],
      [6, vector(...new Array(count).fill([REF_NULL, 1, 0, ...length, 0xfb, 7, 1, 0x0b]))],
    );
  const meter = (bytes: Uint8Array) => meterModule(bytes, options(16, features));
  assert.ok(meter(withArrays(code("i32.const 1000"), 130)).ok);
  const many = meter(withArrays(code("i32.const 1000"), 131));
  assert.is(many.ok ? "" : many.fault.code, "memory-limit-exceeded");
  const huge = meter(withArrays(code("i32.const -1"), 1));
  assert.is(huge.ok ? "" : huge.fault.code, "memory-limit-exceeded");
  const computed = meter(withArrays(code("i32.const 1000; i32.const 1000; i32.mul"), 1));
  assert.match(computed.ok ? "" : computed.fault.message, "whose length is not a literal");
});

where("exceptions", "what ends a run early is not caught by try_table", () => {
  const spinning = runMetered(
    unary(
      [UNARY, NULLARY],
      [
        bodyOf([], "block 0x40; try_table 0x40 1 0x02 0; local.get 0; call 1; drop; end; end; i32.const 1"),
        bodyOf([], "loop 0x40; br 0; end; unreachable"),
      ],
      [0, 0],
    ),
    { name: "f", args: [1], features, fuel: 1000 },
  );
  assert.equal(spinning.result, "threw: unreachable");
  assert.ok(spinning.left < 0);
});

test.run();
