import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_MODULE_BOUNDS } from "../../../src/store/meter/bounds.ts";
import { meterModule } from "../../../src/store/meter/meter.ts";
import { ending, openTestStore } from "../test-store.ts";
import { BOMBS, JUST_WITHIN, withLocals } from "./bombs.ts";
import { options } from "./metered-run.ts";
import { functions, leb, rawModule, repeated } from "./module-bytes.ts";

const MIB = 1024 * 1024;
/** What the decoding of a module of 10 MB may take at most, with room for a collection that is late. */
const REFUSAL_BYTES = 400 * MIB;
/** Generous: a hang is what it shows. */
const REFUSAL_MS = 10_000;

for (const { name, build, figure } of BOMBS) {
  test(`refused by a figure over its limit before the engine sees it, in bounded time and memory: ${name}`, () => {
    const bytes = build();
    const { validate } = WebAssembly;
    let seen = false;
    WebAssembly.validate = (...args) => {
      seen = true;
      return validate(...args);
    };
    try {
      const before = process.memoryUsage.rss();
      const began = performance.now();
      const answer = meterModule(bytes, { ...options(), bounds: DEFAULT_MODULE_BOUNDS });
      assert.ok(performance.now() - began < REFUSAL_MS);
      assert.ok(process.memoryUsage.rss() - before < REFUSAL_BYTES);
      assert.ok(!answer.ok, "was accepted");
      assert.is(answer.fault.code, "module-refused");
      assert.ok(String(answer.fault.data?.figure).includes(figure), answer.fault.message);
      assert.ok((answer.fault.data?.size as number) > (answer.fault.data?.limit as number));
    } finally {
      WebAssembly.validate = validate;
    }
    assert.not.ok(seen);
  });
}

test("what is just within the bounds is compiled and run by one worker, which lives on", async () => {
  const store = openTestStore();
  try {
    for (const { name, build } of JUST_WITHIN) {
      const before = process.memoryUsage.rss();
      const outcome = await store.go(build(), { limits: { fuel: 1_000_000_000, deadlineMs: 30_000 } });
      assert.match(ending(outcome), /^(exited 0|wasm-trap)$/, name);
      assert.ok(process.memoryUsage.rss() - before < 1024 * MIB, `${name} took over 1 GiB`);
    }
    assert.is(store.stats().replaced, 0);
  } finally {
    await store.close();
  }
});

/** Operators with what they leave on the stack: each is repeated between as many loads as it takes. */
const HEIGHTS: readonly (readonly [name: string, code: readonly number[], rise: number])[] = [
  ["local.get", [0x20, 0], 1],
  ["i32.const", [0x41, 7], 1],
  ["i64.const and wrap", [0x42, 7, 0xa7], 1],
  ["f64.const and a saturating conversion", [0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0xfc, 2], 1],
  ["v128.const and bitmask", [0xfd, 12, ...new Array<number>(16).fill(1), 0xfd, 100], 1],
  ["a load", [0x20, 0, 0x28, 2, 0], 1],
  ["memory.size", [0x3f, 0], 1],
  ["memory.grow", [0x41, 0, 0x40, 0], 1],
  ["a call with a result", [0x10, 0], 1],
  ["a block with a result", [2, 0x7f, 0x41, 1, 0x0b], 1],
  ["an if with a result", [0x20, 0, 4, 0x7f, 0x41, 1, 5, 0x41, 2, 0x0b], 1],
  ["ref.null and ref.is_null", [0xd0, 0x70, 0xd1], 1],
  ["table.size", [0xfc, 16, 0], 1],
  ["select", [0x20, 0, 0x20, 0, 0x20, 0, 0x1b], 1],
  ["an addition", [0x20, 0, 0x20, 0, 0x6a], 1],
  ["local.tee", [0x20, 0, 0x22, 0], 1],
  ["what a br leaves dead", [2, 0x7f, 0x41, 1, 0x0c, 0, 0x1a, 0x1a, 0x1a, 0x0b], 1],
  ["global.get", [0x23, 0], 1],
  ["a set, which leaves nothing, and a get", [0x20, 0, 0x21, 0, 0x20, 0], 1],
  ["a store, which leaves nothing, and a get", [0x20, 0, 0x20, 0, 0x36, 2, 0, 0x20, 0], 1],
  ["memory.fill, which leaves nothing, and a get", [0x20, 0, 0x20, 0, 0x41, 0, 0xfc, 11, 0, 0x20, 0], 1],
];

for (const [name, code, rise] of HEIGHTS) {
  test(`operands are counted as they pile up: ${name}`, () => {
    const HEIGHT = 100;
    // Just as many ifs as fit with what lies on the stack, and one more.
    const locals = 1;
    const limit = 20_000;
    const perIf = locals + HEIGHT * rise;
    // What the operators' own blocks and ifs add, at most.
    const nested = (code.includes(2) ? HEIGHT : 0) + (code.includes(4) ? HEIGHT * (locals + HEIGHT) : 0);
    for (const [ifs, fits] of [
      [Math.floor((limit - nested) / perIf), true],
      [Math.floor(limit / perIf) + 1, false],
    ] as const) {
      const run = withLocals(
        locals,
        0x7f,
        repeated(code, HEIGHT),
        repeated([0x20, 0, 4, 0x40, 0x0b], ifs),
        repeated([0x1a], HEIGHT * rise),
      );
      const answer = body(run, limit);
      assert.is(
        answer.ok ? "" : answer.fault.data?.figure,
        fits ? "" : "values merged at control operators of a function",
      );
    }
  });
}

/** Meters a module whose function 1 has this body; function 0 is `() -> i32`. */
function body(code: Uint8Array, mergedValues: number): ReturnType<typeof meterModule> {
  const first = [4, 0, 0x41, 1, 0x0b];
  const bytes = rawModule(
    [1, [2, 0x60, 0, 1, 0x7f, 0x60, 0, 0]],
    [3, [2, 0, 1]],
    [4, [1, 0x70, 0, 1]],
    [5, [1, 0, 1]],
    [6, [1, 0x7f, 0, 0x41, 0, 0x0b]],
    [10, Uint8Array.from([2, ...first, ...leb(code.length), ...code])],
  );
  assert.ok(WebAssembly.validate(bytes), "the test's own module is not valid");
  return meterModule(bytes, { ...options(), bounds: { ...DEFAULT_MODULE_BOUNDS, mergedValues } });
}

test("code that metering makes too large for the engine is refused", () => {
  const calls = repeated([0x40, 0], 500_000);
  const bytes = rawModule(
    [1, [1, 0x60, 0, 0]],
    [3, [1, 0]],
    [5, [1, 0, 1]],
    functions(Uint8Array.from([0, 0x41, 0, ...calls, 0x1a, 0x0b]))[2]!,
  );
  const answer = meterModule(bytes, {
    ...options(),
    bounds: { ...DEFAULT_MODULE_BOUNDS, callsPerFunction: 1_000_000 },
  });
  assert.ok(!answer.ok, "was accepted");
  assert.is(answer.fault.data?.figure, "the metered size of function 0 in bytes");
});

test.run();
