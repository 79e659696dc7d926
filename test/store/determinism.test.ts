import { test } from "uvu";
import * as assert from "uvu/assert";
import { differences, type Figures, figuresOfProcess, TIERS } from "./determinism.ts";

const MODULES = 15;

test("the same runs, cut off at several budgets, end the same with the same fuel and memory on every tier", async () => {
  let first: Figures | undefined;
  for (const [name, flags] of TIERS) {
    const figures = await figuresOfProcess(process.execPath, flags, MODULES);
    assert.ok(Object.keys(figures).length > 90, "too little was run to show anything");
    first ??= figures;
    assert.equal(differences(first, figures), [], name);
  }
});

test("a figure that is not the same would be told", () => {
  const said = differences({ a: ["exited 0", 5, 0], b: 1 }, { a: ["exited 0", 6, 0], b: 1 });
  assert.equal(said, ['a: ["exited 0",5,0], or ["exited 0",6,0]']);
});

test.run();
