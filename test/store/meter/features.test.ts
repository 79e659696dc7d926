import { test } from "uvu";
import * as assert from "uvu/assert";
import { unsupportedByEngine } from "../../../src/store/meter/engine-support.ts";
import { DEFAULT_FEATURES, FEATURES, type Feature, featureSet } from "../../../src/store/meter/features.ts";
import { meterModule } from "../../../src/store/meter/meter.ts";
import { bodyOf, code, vector } from "./assembler.ts";
import { options, wat } from "./metered-run.ts";
import { type RawSection, rawModule } from "./module-bytes.ts";

const EVERYTHING = featureSet(Object.fromEntries(FEATURES.map((feature) => [feature, true])));

/** One function without parameters, `types[0]` being its own. */
function raw(text: string, locals: number[][] = [], types: number[][] = [[0x60, 0, 0]], ...others: RawSection[]) {
  const sections: RawSection[] = [[1, vector(...types)], [3, [1, 0]], [10, vector(bodyOf(locals, text))], ...others];
  return rawModule(...sections.sort((a, b) => (a[0] === 13 ? 5.5 : a[0]) - (b[0] === 13 ? 5.5 : b[0])));
}

/** `[proposal, what of it is used, a valid module]`. */
const USES: readonly (readonly [Feature, string, Uint8Array])[] = [
  ["simd", "an instruction", wat("(module (func v128.const i32x4 1 2 3 4 drop))")],
  ["simd", "a value", wat("(module (func (param v128)))")],
  [
    "relaxedSimd",
    "an instruction",
    raw("i32.const 1; i8x16.splat; i32.const 1; i8x16.splat; i8x16.relaxed_swizzle; drop"),
  ],
  ["bulkMemory", "memory.fill", wat("(module (memory 1) (func i32.const 0 i32.const 0 i32.const 0 memory.fill))")],
  ["bulkMemory", "a passive segment of data that is dropped", wat('(module (memory 1) (data "a") (func data.drop 0))')],
  ["bulkMemory", "a passive segment of elements", wat("(module (func) (elem func 0))")],
  ["referenceTypes", "externref", wat("(module (func (param externref)))")],
  ["referenceTypes", "two tables", wat("(module (table 1 funcref) (table 1 funcref))")],
  ["referenceTypes", "table.get", wat("(module (table 1 funcref) (func i32.const 0 table.get 0 drop))")],
  [
    "referenceTypes",
    "table.grow",
    wat("(module (table 1 funcref) (func ref.null func i32.const 0 table.grow 0 drop))"),
  ],
  [
    "referenceTypes",
    "select of a type",
    wat("(module (func i32.const 1 i32.const 2 i32.const 3 select (result i32) drop))"),
  ],
  ["multiValue", "two results", wat("(module (func (result i32 i32) i32.const 1 i32.const 2))")],
  ["multiValue", "a block with parameters", wat("(module (func i32.const 1 block (param i32) drop end))")],
  ["signExtension", "an instruction", wat("(module (func i32.const 1 i32.extend8_s drop))")],
  ["saturatingConversions", "an instruction", wat("(module (func f32.const 1 i32.trunc_sat_f32_s drop))")],
  ["tailCalls", "return_call", wat("(module (func return_call 0))")],
  [
    "tailCalls",
    "return_call_indirect",
    wat("(module (table 1 funcref) (func i32.const 0 return_call_indirect (type 0)))"),
  ],
  ["tailCalls", "return_call_ref", raw("ref.null 0; return_call_ref 0")],
  ["legacyExceptions", "try", wat("(module (func try catch_all end))")],
  ["exceptions", "try_table", raw("try_table 0x40 0; end")],
  ["exceptions", "throw_ref", raw("ref.null 0x69; throw_ref")],
  ["exceptions", "a value", raw("", [[1, 0x69]])],
  ["extendedConstants", "arithmetic", wat("(module (global i64 (i64.sub (i64.const 1) (i64.const 2))))")],
  ["multiMemory", "two memories", wat("(module (memory 1) (memory 1))")],
  ["memory64", "a memory", wat("(module (memory i64 1))")],
  ["functionReferences", "a value", raw("", [[1, 0x63, 0x70]])],
  ["functionReferences", "call_ref", raw("ref.null 0; call_ref 0")],
  ["functionReferences", "ref.as_non_null", raw("ref.null 0x70; ref.as_non_null; drop")],
  ["functionReferences", "br_on_null", raw("ref.null 0x70; br_on_null 0; drop")],
  ["functionReferences", "br_on_non_null", raw("block 0x64 0x70; ref.null 0x70; br_on_non_null 0; return; end; drop")],
  [
    "functionReferences",
    "a table with an initial value",
    raw("", [], [[0x60, 0, 0]], [4, vector([0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b])]),
  ],
  [
    "gc",
    "a struct type",
    raw(
      "",
      [],
      [
        [0x60, 0, 0],
        [0x5f, 0],
      ],
    ),
  ],
  [
    "gc",
    "an array type",
    raw(
      "",
      [],
      [
        [0x60, 0, 0],
        [0x5e, 0x78, 1],
      ],
    ),
  ],
  [
    "gc",
    "a group of types",
    raw(
      "",
      [],
      [
        [0x60, 0, 0],
        [0x4e, 1, 0x60, 0, 0],
      ],
    ),
  ],
  ["gc", "a subtype", raw("", [], [[0x50, 0, 0x60, 0, 0]])],
  ["gc", "an instruction", raw("i32.const 1; ref.i31; drop")],
  ["gc", "ref.eq", raw("i32.const 1; ref.i31; i32.const 1; ref.i31; ref.eq; drop")],
  ["gc", "a value", raw("", [[1, 0x6e]])],
  [
    "gc",
    "a constant expression",
    raw("", [], [[0x60, 0, 0]], [6, vector([0x6e, 0, ...code("i32.const 1; ref.i31"), 0x0b])]),
  ],
];

for (const [feature, what, bytes] of USES) {
  const others = { ...EVERYTHING, [feature]: false };
  test(`${feature} off: ${what} is refused, with the proposal's name and how to turn it on`, () => {
    const answer = meterModule(bytes, options(16, others));
    assert.ok(!answer.ok, "was accepted");
    assert.is(answer.fault.code, "module-refused");
    assert.match(answer.fault.message, `turn it on with features.${feature}`);
    assert.equal(answer.fault.data, { feature });
  });
  test(`${feature} on: ${what} is metered where the engine runs it, and else the engine is named as the cause`, () => {
    const answer = meterModule(bytes, options(16, EVERYTHING));
    const lacking = [...FEATURES].filter((name) => unsupportedByEngine([name]) !== undefined);
    if (answer.ok) {
      assert.ok(WebAssembly.validate(answer.module.bytes), "the rewrite is not valid");
      return;
    }
    assert.is(answer.fault.code, "module-refused");
    assert.match(answer.fault.message, "this version of Node.js does not run");
    assert.ok(lacking.includes(answer.fault.data?.feature as Feature), answer.fault.message);
    assert.not.ok(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>));
  });
}

test("every proposal has a module here, and only relaxed SIMD and garbage collection are off by default", () => {
  assert.equal([...new Set(USES.map(([feature]) => feature))].sort(), [...FEATURES].sort());
  assert.equal(
    FEATURES.filter((feature) => !DEFAULT_FEATURES[feature]),
    ["relaxedSimd", "gc"],
  );
});

test("a tag needs one of both forms of exception handling", () => {
  const bytes = wat("(module (tag $e) (func throw $e))");
  const set = (legacyExceptions: boolean, exceptions: boolean) =>
    meterModule(bytes, options(16, featureSet({ legacyExceptions, exceptions }))).ok;
  assert.equal([set(true, true), set(true, false), set(false, true), set(false, false)], [true, true, true, false]);
});

test("threads are refused whatever is turned on, and the message says why", () => {
  for (const bytes of [
    wat("(module (memory 1 1 shared))"),
    wat("(module (memory 1 1 shared) (func i32.const 0 i32.atomic.load drop))"),
    rawModule([1, [1, 0x60, 0, 0]], [3, [1, 0]], [10, [1, 5, 0, 0xfe, 3, 0, 0x0b]]),
  ]) {
    const answer = meterModule(bytes, options(16, EVERYTHING));
    assert.ok(!answer.ok, "was accepted");
    assert.is(answer.fault.code, "module-refused");
    assert.match(
      answer.fault.message,
      "threads, which no option turns on, because what they do differs from run to run",
    );
  }
});

test("a configuration with a name or a value that is not known throws and says what there is", () => {
  const set = (changes: object) => () => featureSet(changes);
  assert.throws(set({ sidm: true }), /features\.sidm is not a proposal that the store knows: use one of simd, /);
  assert.throws(set({ simd: "no" }), /features\.simd is no: use true or false/);
  assert.throws(set({ threads: true }), /features\.threads cannot be true/);
  assert.throws(set({ toString: true }), /not a proposal/);
  assert.equal(featureSet({ threads: false } as object), DEFAULT_FEATURES);
  assert.is(featureSet({ gc: true }).gc, true);
  assert.is(featureSet({ simd: false }).simd, false);
});

test.run();
