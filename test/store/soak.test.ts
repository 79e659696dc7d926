import { test } from "uvu";
import * as assert from "uvu/assert";
import { openStore } from "../../src/store/library.ts";
import { workerUrl } from "./test-store.ts";

// @ts-expect-error a script without declarations
const { growth, guests, soak } = await import("../../scripts/store-soak.mjs");
const RUNS: Record<string, number> = { small: 3000, large: 1000, grows: 1000, none: 3000, traps: 1000 };

for (const { name, bytes } of await guests()) {
  test(`after ${RUNS[name]} runs of the guest "${name}" memory is flat and address space is released`, async () => {
    const store = openStore({ workerUrl, workers: 2 });
    const samples = await soak(store, bytes, RUNS[name]);
    assert.is(growth(samples), undefined);
    assert.is(store.stats().replaced, 0);
    await store.close();
  });
}

test("what does not release its memories is seen not to be flat", async () => {
  const sample = { rss: 0, virtual: 0, reservations: 0 };
  assert.match(
    growth(Array.from({ length: 20 }, (_, i) => ({ ...sample, reservations: i * 50 }))) ?? "",
    /reservations/,
  );
  assert.match(growth(Array.from({ length: 20 }, (_, i) => ({ ...sample, rss: i * 2 ** 24 }))) ?? "", /resident/);
});

test.run();
