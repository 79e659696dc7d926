import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { eventLine } from "../../src/cli/chain-tail.ts";
import { bytes, grouped, terminalJson } from "../../src/cli/output.ts";
import type { Json } from "../../src/contract/json.ts";

test("JSON for a terminal is the same value, and holds nothing that a terminal acts on", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
      const document = { value: value as Json, [text]: text };
      const shown = terminalJson(document);
      assert.equal(JSON.parse(shown), JSON.parse(JSON.stringify(document)));
      assert.not.match(shown.replace(/[\n ]/g, ""), /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u);
    }),
  );
  assert.is(terminalJson("\u001b\u009b\u202e\u{e0041}"), '"\\u001b\\u009b\\u202e\\udb40\\udc41"');
});

test("bytes and counts for a person", () => {
  assert.equal([0, 1023, 1024, 131_072, 1_572_864, 5 * 1024 ** 3].map(bytes), [
    "0 B",
    "1023 B",
    "1 KiB",
    "128 KiB",
    "1.5 MiB",
    "5 GiB",
  ]);
  assert.equal([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1 000", "1 234 567"]);
});

test("an event's line says who, what, the verdict and why, and survives any payload", () => {
  const event = { source: "gate", sequence: 7, timestamp: "2026-11-21T10:00:00.000Z", previousHash: "", hash: "" };
  const payload = {
    principal: "client:stdio",
    tool: "fs.remove",
    decision: { verdict: "deny", reasons: ["outside of the roots"] },
    fault: { code: "permission-denied", layer: "gate" },
  };
  assert.is(
    eventLine({ ...event, kind: "call.refused", payload }),
    "#7  2026-11-21T10:00:00.000Z  call.refused  client:stdio  fs.remove  deny  permission-denied  (outside of the roots)",
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...Object.keys(payload), "fuel", "duration_us"), fc.jsonValue()),
      (odd) => {
        assert.type(eventLine({ ...event, kind: "x.y", payload: odd as never }), "string");
      },
    ),
  );
});

test.run();
