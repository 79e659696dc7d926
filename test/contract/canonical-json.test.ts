import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  CANONICAL_DEPTH,
  canonicalJson,
  canonicalJsonOrFault,
  digestJson,
  NotCanonical,
} from "../../src/contract/canonical-json.ts";
import type { Json } from "../../src/contract/json.ts";

test("the examples of RFC 8785 §3.2.2 and §3.2.3 give the RFC's text", () => {
  const sample = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  );
  assert.is(
    canonicalJson(sample),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  const sorting = JSON.parse(
    '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
  );
  const order = [...canonicalJson(sorting).matchAll(/:"([^"]*)"/g)].map((match) => match[1]);
  assert.equal(order, [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

test("numbers follow RFC 8785 appendix B", () => {
  const vectors: [number, string][] = [
    [0, "0"],
    [-0, "0"],
    [5e-324, "5e-324"],
    [-1.7976931348623157e308, "-1.7976931348623157e+308"],
    [9007199254740992, "9007199254740992"],
    [295147905179352830000, "295147905179352830000"],
    [9.999999999999997e22, "9.999999999999997e+22"],
    [1e23, "1e+23"],
    [999999999999999900000, "999999999999999900000"],
    [1e21, "1e+21"],
    [333333333.3333332, "333333333.3333332"],
    [0.000001, "0.000001"],
    [1e-7, "1e-7"],
    [-0.0000033333333333333333, "-0.0000033333333333333333"],
    [1424953923781206.2, "1424953923781206.2"],
  ];
  for (const [number, text] of vectors) assert.is(canonicalJson(number), text);
});

test("integer-like keys sort as text, not as numbers", () => {
  assert.is(canonicalJson({ 9: 1, 10: 2, a: 3 }), '{"10":2,"9":1,"a":3}');
});

test("property: the text parses back to the same value and does not depend on key order", () => {
  const value = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
  const reversed = (v: Json): Json => {
    if (Array.isArray(v)) return v.map(reversed);
    if (typeof v !== "object" || v === null) return v;
    const entries = Object.entries(v).map(([key, item]) => [key, reversed(item)]);
    return Object.fromEntries(entries.reverse());
  };
  fc.assert(
    fc.property(value, (v) => {
      const text = canonicalJson(v);
      assert.is(canonicalJson(JSON.parse(text)), text);
      assert.is(canonicalJson(reversed(v)), text);
      assert.is(JSON.stringify(JSON.parse(text)), JSON.stringify(JSON.parse(JSON.stringify(sortedDeep(v)))));
    }),
  );
});

function sortedDeep(v: Json): Json {
  if (Array.isArray(v)) return v.map(sortedDeep);
  if (typeof v !== "object" || v === null) return v;
  const keys = Object.keys(v).sort();
  return Object.fromEntries(keys.map((key) => [key, sortedDeep((v as Record<string, Json>)[key] as Json)]));
}

test("what has no canonical text is refused: thrown for the host's own values, a fault for a caller's", () => {
  const deep = (levels: number): Json => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  const hostile: [string, unknown, RegExp][] = [
    ["lone high surrogate", "a\ud800", /surrogate/],
    ["lone low surrogate", ["\udc00x"], /surrogate/],
    ["reversed pair", "\ude00\ud83d", /surrogate/],
    ["lone surrogate in a key", { "\udbff": 1 }, /surrogate/],
    ["NaN", Number.NaN, /not a JSON number/],
    ["infinity", { a: -Infinity }, /not a JSON number/],
    ["undefined", { a: undefined }, /undefined is not/],
    ["bigint", 1n, /bigint is not/],
    ["date", new Date(0), /plain/],
    ["too deep", deep(CANONICAL_DEPTH + 1), /deeper/],
    ["far too deep", deep(200_000), /deeper/],
  ];
  for (const [name, value, message] of hostile) {
    assert.throws(
      () => canonicalJson(value as Json),
      (error: unknown) => error instanceof NotCanonical && message.test(error.message),
      name,
    );
    const answer = canonicalJsonOrFault(value as Json);
    assert.type(answer, "object", name);
    if (typeof answer !== "string") assert.is(answer.code, "invalid-arguments", name);
  }
  assert.type(canonicalJson(deep(CANONICAL_DEPTH)), "string");
  assert.is(canonicalJson("😀"), '"😀"');
});

test("digestJson is SHA-256 over the UTF-8 of the canonical text", () => {
  // printf '{"a":"é","b":1}' | sha256sum
  assert.is(digestJson({ b: 1, a: "é" }), "aa58fba8483623bed37c1b02edfccbdd9a53123837c20bfa4cb4049993a2872e");
});

test.run();
