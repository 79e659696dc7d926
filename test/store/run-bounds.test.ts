import { performance } from "node:perf_hooks";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_LIMITS, type Limits } from "../../src/contract/limits.ts";
import { METER_EXPORTS } from "../../src/store/meter/meter.ts";
import { RunBounds } from "../../src/store/run-bounds.ts";

interface Tank {
  value: bigint;
}

declare const WebAssembly: { Global: new (type: { value: "i64"; mutable: true }, value: bigint) => Tank };

/** Bounds with an instance that has 100 units of fuel, and its counter. */
function filled(limits: Partial<Limits> = {}): { bounds: RunBounds; tank: Tank } {
  const bounds = new RunBounds(() => false);
  bounds.begin({ ...DEFAULT_LIMITS, ...limits }, performance.now() + 60_000);
  const tank = new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
  bounds.fill({ [METER_EXPORTS.fuel]: tank } as never, 100);
  return { bounds, tank };
}

test("a run that was stopped is charged and entered no more, even where its counter shows fuel again", () => {
  const { bounds, tank } = filled();
  bounds.charge(30);
  assert.throws(() => bounds.stop({ kind: "exit", code: 1 }));
  assert.ok(tank.value < 0n, "the tank is emptied");
  tank.value = 50n;
  assert.throws(() => bounds.charge(1));
  assert.throws(() => bounds.enterHost());
  assert.is(tank.value, 50n, "nothing was taken");
});

test("the first reason to stop stands, and the fuel that was left then", () => {
  const { bounds } = filled();
  bounds.charge(30);
  assert.throws(() => bounds.stop({ kind: "exit", code: 1 }));
  assert.throws(() => bounds.stop({ kind: "output-limit", limit: 5 }));
  assert.equal(bounds.stopped, { kind: "exit", code: 1 });
  assert.is(bounds.left(100, undefined), 70n);
});

test("a run has exactly its fuel and its number of host calls", () => {
  const { bounds } = filled({ hostCallCount: 2 });
  bounds.enterHost();
  bounds.charge(100);
  assert.is(bounds.left(100, undefined), 0n);
  bounds.enterHost();
  assert.throws(() => bounds.enterHost());
  assert.equal(bounds.stopped, { kind: "host-call-limit", name: "", limit: 2 });
  const other = filled().bounds;
  assert.throws(() => other.charge(101));
  assert.equal(other.stopped, { kind: "fuel" });
  assert.ok(other.left(100, undefined) < 0n);
});

test("a run that ended leaves nothing to the next: no reason, no instance, no fuel", () => {
  const { bounds } = filled();
  assert.throws(() => bounds.stop({ kind: "exit", code: 1 }));
  bounds.end();
  assert.equal([bounds.stopped, bounds.exports, bounds.left(100, undefined)], [undefined, undefined, 100n]);
});

test.run();
