import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DecisionRecord } from "../../../src/contract/decision.ts";
import { serverInfo } from "../../../src/protocol/mcp/identity.ts";
import { createReplies } from "../../../src/protocol/mcp/reply.ts";
import { negotiate } from "../../../src/protocol/mcp/revisions.ts";

const decision: DecisionRecord = {
  verdict: "permit",
  layer: "environment",
  environment: "development",
  rules: [],
  reasons: ["its effect comes near the threshold"],
  policyDigest: "00",
  resources: [],
};
const usage = { fuelConsumed: 7, memoryPeak: 65_536, durationMs: 0.123456789 };

for (const [verdict, warning] of [
  ["permit", undefined],
  ["warn", { reasons: ["its effect comes near the threshold"] }],
] as const) {
  test(`a result of the verdict ${verdict} carries ${warning === undefined ? "no warning" : "its reasons as a warning"}`, () => {
    const replies = createReplies(serverInfo("0.0.0"));
    const json = Buffer.from('{"ok":true}');
    const answer = { kind: "result", json, usage, decision: { ...decision, verdict }, sequence: 3 } as const;
    const { result } = JSON.parse(Buffer.from(replies.toolResult(1, negotiate("2025-11-25"), answer)).toString());
    assert.equal(result.structuredContent, { ok: true });
    assert.equal(result._meta["dev.tollgate/warning"], warning);
    assert.equal(result._meta["dev.tollgate/usage"], {
      fuelConsumed: 7,
      memoryPeak: 65_536,
      durationMs: 0.123,
      sequence: 3,
    });
  });
}

test.run();
