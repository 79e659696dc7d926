import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { byCounting, type Call } from "./fuel-comparison.ts";
import { runMetered, runPlain, wat } from "./metered-run.ts";

/** One call whose fuel was counted by hand, by the rule that Wasmtime 49 publishes; `why` is the count. */
interface Vector {
  readonly export: string;
  readonly argument: number;
  readonly result?: number;
  readonly fuel: number;
  readonly why: string;
}

const folder = new URL("../../vectors/fuel/", import.meta.url);

for (const name of readdirSync(folder).sort()) {
  if (!name.endsWith(".json")) continue;
  const group = name.slice(0, -".json".length);
  const bytes = wat(readFileSync(new URL(`${group}.wat`, folder), "utf8"));
  const vectors = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Vector[];
  for (const vector of vectors) {
    test(`fuel as counted by hand: ${group}, ${vector.export}(${vector.argument}): ${vector.why}`, () => {
      const call = { name: vector.export, args: [vector.argument] };
      const metered = runMetered(bytes, call);
      assert.is(metered.fuel, vector.fuel);
      assert.is(metered.result, vector.result);
      assert.is(runPlain(bytes, call).result, vector.result);
      const counted: Call = { name: vector.export, args: [{ type: "i32", value: String(vector.argument) }] };
      const verdict = byCounting(bytes, [counted]);
      assert.equal("calls" in verdict ? verdict.calls : verdict.refused, [{ end: "completed", fuel: vector.fuel }]);
    });
    test(`one unit less than counted by hand is not enough: ${group}, ${vector.export}(${vector.argument})`, () => {
      const call = { name: vector.export, args: [vector.argument] };
      assert.is(runMetered(bytes, { ...call, fuel: vector.fuel }).left, 0);
      assert.ok(runMetered(bytes, { ...call, fuel: vector.fuel - 1 }).left < 0);
    });
  }
}

test.run();
