import { test } from "uvu";
import * as assert from "uvu/assert";
import { killRounds } from "./kill-rounds.ts";
import { scratch } from "./program.ts";

test("hosts that are killed at any moment lose nothing that was acknowledged, leave nothing half done, and the chain verifies", async () => {
  const place = scratch();
  try {
    const report = await killRounds({ place, rounds: 6, seed: 4, hosts: 2, log: () => {} });
    assert.equal(report.findings, []);
    assert.ok(report.acknowledged >= 5, `only ${report.acknowledged} messages were acknowledged`);
    assert.ok(report.handled > 0, "no message was handled");
  } finally {
    place.remove();
  }
});

test.run();
