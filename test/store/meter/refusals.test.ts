import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_MODULE_BOUNDS } from "../../../src/store/meter/bounds.ts";
import { METER_MEMORY, meterModule } from "../../../src/store/meter/meter.ts";
import { metered, meteredInstance, options, wat } from "./metered-run.ts";
import { body, functions, joined, leb, rawModule } from "./module-bytes.ts";
import { randomModule } from "./random-module.ts";

const NOTHING = () => false;

/** `[what, bytes, fault code, what the message names]`. */
const REFUSED: readonly (readonly [string, Uint8Array, string, string])[] = [
  ["nothing at all", new Uint8Array(0), "module-invalid", "magic number"],
  ["another file", new TextEncoder().encode("#!/bin/sh\nexit 1\n"), "module-invalid", "magic number"],
  ["a component", Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), "module-refused", "component"],
  ["an unknown section", rawModule([14, [0]]), "module-refused", "unknown section 14"],
  ["sections out of order", rawModule([3, [0]], [1, [0]]), "module-invalid", "out of order"],
  ["a section twice", rawModule([1, [0]], [1, [0]]), "module-invalid", "out of order"],
  [
    "a section longer than the file",
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 100, 0),
    "module-invalid",
    "end",
  ],
  ["a section with bytes left over", rawModule([1, [0, 0]]), "module-invalid", "left over"],
  ["a count that is not there", rawModule([1, leb(9_999)]), "module-invalid", "vector longer"],
  ["functions without code", rawModule([1, [1, 0x60, 0, 0]], [3, [1, 0]]), "module-invalid", "differ in length"],
  ["what the engine does not accept", rawModule(...functions(body([0x6a]))), "module-invalid", "i32.add"],
  [
    "a shared memory",
    wat("(module (memory 1 1 shared))"),
    "module-refused",
    "a shared memory (threads, which no option turns on",
  ],
  ["an atomic instruction", rawModule(...functions(body([0xfe, 0x03, 0]))), "module-refused", "atomic instruction"],
  ["relaxed SIMD", rawModule(...functions(body([0xfd, 0x80, 0x02]))), "module-refused", "relaxed SIMD"],
  ["garbage collection", rawModule(...functions(body([0xfb, 0]))), "module-refused", "garbage collection"],
  ["a struct type", rawModule([1, [1, 0x5f, 0]]), "module-refused", "garbage collection"],
  ["an unknown opcode", rawModule(...functions(body([0xef]))), "module-refused", "unknown opcode 0xef"],
  ["an unknown prefixed opcode", rawModule(...functions(body([0xfc, 0x40]))), "module-refused", "0xfc 0x40"],
  ["an unknown memory flag", rawModule([5, [1, 8, 1]]), "module-refused", "custom page sizes"],
  [
    "an imported memory",
    wat('(module (import "m" "mem" (memory 1)))'),
    "import-refused",
    '"m.mem" refused: it is a memory',
  ],
  ["an imported table", wat('(module (import "m" "t" (table 1 funcref)))'), "import-refused", "it is a table"],
  ["an imported global", wat('(module (import "m" "g" (global (mut i64))))'), "import-refused", "it is a global"],
  ["an imported tag", wat('(module (import "m" "e" (tag)))'), "import-refused", "it is a tag"],
  ["the meter imported", wat('(module (import "tollgate:fuel" "f" (func)))'), "import-refused", "reserved"],
  ["the meter imported by name", wat('(module (import "m" "tollgate:fuel" (func)))'), "import-refused", "reserved"],
  ["the meter's name exported", wat('(module (func (export "tollgate:fuel")))'), "module-refused", "reserved"],
  ["another reserved name", wat('(module (func (export "tollgate:x")))'), "module-refused", "reserved"],
  [
    "memory over the cap from the start",
    wat("(module (memory 17))"),
    "memory-limit-exceeded",
    "over the limit of 1048576",
  ],
  [
    "an import name with escapes in it, shown harmless",
    wat('(module (import "\\1b[2J" "\\e2\\80\\ae" (func)))'),
    "import-refused",
    '"\\u{1b}[2J.\\u{202e}"',
  ],
];

for (const [what, bytes, code, named] of REFUSED) {
  test(`refused by name: ${what}`, () => {
    const answer = meterModule(bytes, { ...options(), allowedImports: NOTHING });
    assert.ok(!answer.ok, "was accepted");
    assert.is(answer.fault.code, code);
    assert.ok(answer.fault.message.includes(named), answer.fault.message);
    assert.is(answer.fault.layer, "store");
    assert.match(answer.fault.message, /^[a-z][\x20-\x7e…]*[^.]$/);
  });
}

test("an import outside the allow-list is named, one inside passes", () => {
  const bytes = wat('(module (import "a" "yes" (func)) (import "a" "no" (func)))');
  const answer = meterModule(bytes, { ...options(), allowedImports: (_module, name) => name === "yes" });
  assert.ok(!answer.ok);
  assert.is(answer.fault.code, "import-refused");
  assert.ok(answer.fault.message.includes('"a.no"'));
  assert.ok(meterModule(bytes, { ...options(), allowedImports: () => true }).ok);
});

test("the counter has no index that the guest could use: naming the next global is not valid", () => {
  const bytes = rawModule(...functions(body([0x42, 0, 0x24, 0])));
  const answer = meterModule(bytes, options());
  assert.is(answer.ok ? "" : answer.fault.code, "module-invalid");
});

const B = DEFAULT_MODULE_BOUNDS;

test("memory and tables keep a smaller maximum of their own and get the cap otherwise", () => {
  for (const [declared, cap, expected] of [
    ["1", 16, 16],
    ["1 4", 16, 4],
    ["1 400", 16, 16],
  ] as const) {
    const answer = meterModule(wat(`(module (memory (export "m") ${declared}))`), options(cap));
    assert.ok(answer.ok);
    assert.equal(answer.module.memory, { minPages: 1, maxPages: expected, exported: "m" });
    const { m } = meteredInstance(wat(`(module (memory (export "m") ${declared}))`), {}, cap).exports;
    m.grow(expected - 1);
    assert.throws(() => m.grow(1), RangeError);
    const given = (initial: number, maximum: number) => () =>
      new WebAssembly.Instance(new WebAssembly.Module(answer.module.bytes), {
        [METER_MEMORY.module]: { [METER_MEMORY.name]: new WebAssembly.Memory({ initial, maximum }) },
      });
    given(1, expected)();
    assert.throws(given(1, expected + 1), WebAssembly.LinkError);
    assert.throws(given(0, expected), WebAssembly.LinkError);
  }
  const bytes = wat('(module (table (export "t") 1 4294967295 funcref) (table (export "u") 1 2 externref))');
  const { t, u } = new WebAssembly.Instance(new WebAssembly.Module(metered(bytes))).exports;
  assert.throws(() => t.grow(B.tableElements), RangeError);
  t.grow(B.tableElements - 1);
  assert.throws(() => u.grow(2), RangeError);
});

test("a module's interface is told as it was, without the meter's own names", () => {
  const answer = meterModule(
    wat(
      '(module (import "a" "b" (func)) (memory (export "memory") 2) (start 0) (global (export "g") i32 (i32.const 1)) (func (export "f")))',
    ),
    options(),
  );
  assert.ok(answer.ok);
  assert.equal(answer.module.imports, [{ module: "a", name: "b", kind: "function" }]);
  assert.equal(answer.module.exports, [
    { name: "memory", kind: "memory" },
    { name: "g", kind: "global" },
    { name: "f", kind: "function" },
  ]);
  assert.is(answer.module.startFunction, true);
});

test("a module with nothing in it is metered too", () => {
  const module = new WebAssembly.Module(metered(rawModule()));
  assert.equal(
    WebAssembly.Module.exports(module)
      .map((item) => item.name)
      .sort(),
    ["tollgate:fuel", "tollgate:grow-failed", "tollgate:unreachable"],
  );
});

test("hostile bytes are answered with a fault or a module that the engine accepts, never with a throw", () => {
  const originals = [1, 2, 3, 4, 5, 6].map((seed) => wat(randomModule(seed).plain));
  const place = fc.noBias(fc.nat(999_999)).map((n) => n / 1_000_000);
  const mutation = fc.record({
    original: fc.nat(originals.length - 1),
    edits: fc.array(fc.tuple(place, fc.noBias(fc.nat(255)), fc.noBias(fc.nat(19))), {
      minLength: 1,
      maxLength: 2,
    }),
    cut: fc.option(place, { freq: 20 }),
  });
  let accepted = 0;
  fc.assert(
    fc.property(mutation, ({ original, edits, cut }) => {
      let bytes = Array.from(originals[original]!);
      for (const [where, value, how] of edits) {
        const at = Math.min(bytes.length - 1, Math.floor(where * bytes.length));
        if (how === 0) bytes.splice(at, 1);
        else if (how === 1) bytes.splice(at, 0, value);
        else bytes[at] = value;
      }
      if (cut !== null) bytes = bytes.slice(0, Math.floor(cut * bytes.length));
      const answer = meterModule(Uint8Array.from(bytes), options());
      if (!answer.ok) return;
      accepted++;
      assert.ok(WebAssembly.validate(answer.module.bytes), "the rewrite is not valid");
    }),
    { numRuns: 2_000, seed: 49 },
  );
  assert.ok(accepted > 8, `only ${accepted} mutants were valid`);
});

test("any bytes behind a valid header are answered without a throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      meterModule(joined([Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), tail]), options());
      meterModule(rawModule(...functions(body(tail))), options());
    }),
    { numRuns: 1_000, seed: 7 },
  );
});

test.run();
