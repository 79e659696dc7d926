import { readFileSync } from "node:fs";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import wabt from "wabt";
import { fault } from "../../../src/contract/fault.ts";
import { faultText } from "../../../src/protocol/fault-text.ts";
import { kernelModule } from "../../../src/protocol/mcp/escape-kernel.ts";
import { writeJsonInJson } from "../../../src/protocol/mcp/json-in-json.ts";
import { createReplies } from "../../../src/protocol/mcp/reply.ts";
import { MODERN, negotiate } from "../../../src/protocol/mcp/revisions.ts";
import { decision, usage } from "./wire.ts";

const replies = createReplies({ name: "tollgate", version: "1" });

test("the text and the structured content both hold the guest's JSON, on one line, however it was spaced", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()),
      fc.constantFrom(undefined, 1, "\t"),
      fc.constantFrom("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"),
      fc.oneof(fc.integer(), fc.string({ unit: "binary" })),
      (value, indent, version, id) => {
        const text = JSON.stringify(value, null, indent);
        const json = Buffer.from(indent === undefined ? text : text.replaceAll("\n", "\r\n"));
        const revision = version === MODERN.version ? MODERN : negotiate(version);
        const line = Buffer.from(
          replies.toolResult(id, revision, { kind: "result", json, usage, decision, sequence: 1 }),
        ).toString();
        assert.is(line.indexOf("\n"), line.length - 1);
        assert.not.match(line, /\r/);
        const message = JSON.parse(line);
        // Through UTF-8 once, as the wire does: what is not valid Unicode is replaced there.
        const expected = JSON.parse(Buffer.from(text).toString());
        assert.equal(message.id, JSON.parse(Buffer.from(JSON.stringify(id)).toString()));
        assert.equal(JSON.parse(message.result.content[0].text), expected);
        assert.equal(message.result.structuredContent, revision.structured ? expected : undefined);
        assert.is(message.result.resultType, revision.modern ? "complete" : undefined);
      },
    ),
    { numRuns: 500 },
  );
});

/** What the writer must answer, said slowly. */
const slowly = (json: string) => {
  const flat = [...json].map((character) => (character < " " ? " " : character)).join("");
  return `<${flat.replace(/["\\]/g, "\\$&")}|${flat}>`;
};

test("long JSON is written byte for byte as short JSON is, at every length around the kernel's vectors and blocks", () => {
  const unit = fc.constantFrom('"', "\\", "a", "é", "\n", " ", "{", "x".repeat(17), "y".repeat(40), '\\"'.repeat(9));
  fc.assert(
    fc.property(
      fc.array(unit, { minLength: 1, maxLength: 60 }),
      fc.nat(40),
      fc.constantFrom(0, 1024, 65_536, 131_072),
      (units, more, base) => {
        const piece = units.join("");
        const json = piece.repeat(Math.ceil((base + more) / piece.length)).slice(0, base + more);
        const bytes = Buffer.from(json);
        assert.is(Buffer.from(writeJsonInJson("<", "|", ">", bytes, true)).toString(), slowly(json));
      },
    ),
    { numRuns: 60 },
  );
});

test("the kernel's bytes are what its text compiles to", async () => {
  const { parseWat } = await wabt();
  const text = readFileSync(new URL("../../../src/protocol/mcp/escape-kernel.wat", import.meta.url), "utf8");
  assert.equal(
    kernelModule(),
    Uint8Array.from(parseWat("escape-kernel.wat", text, { simd: true }).toBinary({}).buffer),
  );
});

test("pieces around the JSON may hold any characters", () => {
  const line = writeJsonInJson('{"é":"', '","ü":', "}", Buffer.from('{"a":"\\n😀"}'), true);
  assert.equal(JSON.parse(Buffer.from(line).toString()), { é: '{"a":"\\n😀"}', ü: { a: "\n😀" } });
});

test("a refusal is one line with code, message, layer, rules and reasons; a reason is not said twice", () => {
  const refusal = faultText(fault("gate", "governance-denied", "writing is not allowed: ask for approval"), {
    ...decision,
    layer: "environment",
    rules: ["r1", "r2"],
    reasons: ["writing is not allowed", "the score 0.9 is over 0.6\nforged: line"],
  });
  assert.is(
    refusal,
    "governance-denied: writing is not allowed: ask for approval (refused by the environment layer; rules: r1, r2; because: the score 0.9 is over 0.6\\u{a}forged: line)",
  );
  assert.is(
    faultText(fault("store", "fuel-exhausted", "the fuel ran out"), decision),
    "fuel-exhausted: the fuel ran out",
  );
  const many = Array.from({ length: 20 }, (_, at) => `rule-${at}`);
  assert.match(faultText(fault("gate", "x", "m"), { ...decision, rules: many }), /rule-7, 12 more/);
});

test.run();
