import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { unsupportedByEngine } from "../../../src/store/meter/engine-support.ts";
import { runMetered, wat } from "./metered-run.ts";
import { randomModule } from "./random-module.ts";

/** A second memory, where the engine has that. */
const NEWER = { secondMemory: unsupportedByEngine(["multiMemory", "memory64"]) === undefined };

/** A host function that throws every third time: what a guest with `catch_all` catches. */
function throwing(catches: boolean): WebAssembly.Imports {
  let calls = 0;
  return {
    h: {
      f: (x: number) => {
        if (catches && ++calls % 3 === 0) throw new Error("from the host");
        return (x * 7) | 0;
      },
    },
  };
}

test("fuel is what counting every operator by itself gives, and a budget is exact to the unit", () => {
  let completed = 0;
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 20 }), (seed, argument) => {
      const { plain, counting, catches } = randomModule(seed, NEWER);
      const oracle = new WebAssembly.Instance(new WebAssembly.Module(wat(counting)), throwing(catches)).exports;
      let expected: unknown;
      try {
        expected = oracle.f(argument);
      } catch (error) {
        expected = `threw: ${error instanceof Error ? error.message : String(error)}`;
      }
      const bytes = wat(plain);
      const run = (fuel?: number) =>
        runMetered(bytes, {
          name: "f",
          args: [argument],
          imports: throwing(catches),
          ...(fuel === undefined ? {} : { fuel }),
        });
      const free = run();
      assert.equal(free.result, expected);
      assert.ok(Buffer.from(free.memory).equals(Buffer.from(oracle.memory.buffer)), "memory differs");
      // Where nothing can be caught, a run that an exception ends is a failed one: it may have paid ahead.
      if (typeof expected === "string" && !/\btry\b/.test(plain)) return;
      completed++;
      const fuel = Number(oracle.n.value);
      assert.is(free.fuel, fuel);
      const exact = run(fuel);
      assert.is(exact.left, 0);
      assert.equal(exact.result, expected);
      for (const less of [fuel - 1, fuel >> 1, 0]) assert.ok(run(less).left < 0, `${less} of ${fuel} was enough`);
    }),
    { numRuns: Number(process.env.RUNS ?? 150), seed: Number(process.env.SEED ?? 49) },
  );
  assert.ok(completed > 100, "too few runs completed to show anything");
});

test.run();
