import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runMetered, runPlain } from "./metered-run.ts";

/** Wasmtime 49's own counts; the data lies beside the checkout and is not part of it. */
const folder = new URL("../../../../shared/kernels/", import.meta.url);

interface KernelRun {
  readonly module: string;
  readonly export: string;
  readonly argument: number;
  readonly result: number;
  readonly fuel: number;
}

if (!existsSync(new URL("fuel.json", folder))) {
  test.skip("kernels: skipped, ../shared/kernels is not there", () => {});
} else {
  const { runs } = JSON.parse(readFileSync(new URL("fuel.json", folder), "utf8")) as { runs: KernelRun[] };
  for (const run of runs) {
    const bytes = readFileSync(new URL(run.module, folder));
    test(`fuel, result and memory of ${run.module} ${run.export} are Wasmtime's and the original's`, () => {
      const call = { name: run.export, args: [run.argument], before: ["_initialize"], memoryPages: 1024 };
      const metered = runMetered(bytes, call);
      const plain = runPlain(bytes, call);
      assert.is(metered.result, run.result);
      assert.is(plain.result, run.result);
      assert.is(metered.fuel, run.fuel);
      assert.ok(Buffer.from(metered.memory).equals(Buffer.from(plain.memory)), "memory differs");
    });
  }
}

test.run();
