import { test } from "uvu";
import * as assert from "uvu/assert";
import { LIMIT_CEILINGS } from "../../../src/contract/limits.ts";
import { DEFAULT_MODULE_BOUNDS } from "../../../src/store/meter/bounds.ts";
import { METER_EXPORTS } from "../../../src/store/meter/meter.ts";
import { meteredInstance, runMetered, wat } from "./metered-run.ts";
import { leb, rawModule, repeated } from "./module-bytes.ts";

/** Where a stop leaves the counter (src/store/run-bounds.ts). */
const EMPTY_TANK = -(2n ** 62n);
/** The longest constant length that is charged without a check of its own; more than a leaf costs that its caller pays. */
const UNCHECKED_LENGTH = 128;

test("between two checks no body can cost as much as would take the counter once around, from wherever it stands", () => {
  const { functionBytes, callsPerFunction } = DEFAULT_MODULE_BOUNDS;
  // Every byte an operator, every counted one with its length, and one length that a register holds, checked at once.
  const most = BigInt(functionBytes + callsPerFunction * UNCHECKED_LENGTH) + 2n ** 32n;
  assert.ok(EMPTY_TANK - most > -(2n ** 63n));
  assert.ok(BigInt(LIMIT_CEILINGS.fuel) < 2n ** 62n);
});

/** As dear a body as the bounds allow: bulk operations of 128 bytes, then constants to the end. */
function dearest(): Uint8Array {
  const fills = repeated([0x41, 0, 0x41, 0, 0x41, 0x80, 1, 0xfc, 11, 0], DEFAULT_MODULE_BOUNDS.callsPerFunction);
  const rest = Math.floor((DEFAULT_MODULE_BOUNDS.functionBytes - fills.length - 8) / 3);
  const code = [0, ...fills, ...repeated([0x41, 0, 0x1a], rest), 0x0b];
  return rawModule(
    [1, [1, 0x60, 0, 0]],
    [3, [1, 0]],
    [5, [1, 0, 1]],
    [7, [1, 1, 0x66, 0, 0]],
    [10, Uint8Array.from([1, ...leb(code.length), ...code])],
  );
}

test("the dearest body does not take the counter around, with no fuel, with all of it, nor after a stop", () => {
  const bytes = dearest();
  const cost = runMetered(bytes, { name: "f" }).fuel;
  assert.ok(cost > DEFAULT_MODULE_BOUNDS.callsPerFunction * UNCHECKED_LENGTH);
  assert.ok(runMetered(bytes, { name: "f", fuel: cost - 1 }).left < 0);
  assert.is(runMetered(bytes, { name: "f", fuel: cost }).left, 0);
  const { exports } = meteredInstance(bytes);
  const fuel = exports[METER_EXPORTS.fuel] as WebAssembly.Global<bigint>;
  for (let run = 0; run < 3; run++) {
    fuel.value = EMPTY_TANK;
    assert.throws(() => exports.f(), /unreachable/);
    assert.ok(fuel.value < 0n);
  }
});

test("lengths of four billion, as often as a loop gets to them, are checked each by itself", () => {
  const bytes = wat(`(module (memory 1) (table $t 1 funcref) (func (export "f") (param i32) (result i32)
    (local.set 0 (i32.const -1))
    (loop (memory.fill (i32.const 0) (i32.const 0) (local.get 0)) (table.fill $t (i32.const 0) (ref.null func) (local.get 0)) (br 0))
    (i32.const 1)))`);
  for (const fuel of [0, 1_000, 2 ** 32]) {
    const run = runMetered(bytes, { name: "f", args: [0], fuel });
    assert.match(String(run.result), /unreachable/);
    assert.ok(run.left < 0 && run.left >= -(2 ** 33));
  }
  // With fuel for it, the operation itself refuses: it is out of bounds.
  assert.match(String(runMetered(bytes, { name: "f", args: [0], fuel: 2 ** 33 }).result), /out of bounds/);
});

test.run();
