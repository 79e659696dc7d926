import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_JSON_BOUNDS, parseJson } from "../../src/contract/strict-json.ts";

const bytes = (text: string) => Buffer.from(text);
const kindOf = (text: string | Uint8Array) => {
  const parsed = parseJson(text);
  return parsed.ok ? "ok" : parsed.kind;
};
/** Numbers that survive unchanged; the refusal of the others has a test of its own. */
const safeNumber = fc.oneof(fc.maxSafeInteger(), fc.double({ min: -1e15, max: 1e15, noNaN: true }));
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 6 },
    fc.constant(null),
    fc.boolean(),
    safeNumber,
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom('"', "\\", ":", ",", "{", "]", "\u00e9", "\ud83d\ude00") }),
    fc.array(tie("json")),
    fc.dictionary(
      fc.string({ unit: "grapheme" }).filter((key) => key !== "__proto__"),
      tie("json"),
    ),
  ),
}));

test("what it accepts equals JSON.parse, from bytes and from a string, compact and spread out", () => {
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      for (const source of [text, bytes(text)]) {
        const parsed = parseJson(source);
        assert.ok(parsed.ok, text);
        assert.equal(parsed.value, JSON.parse(text));
      }
    }),
    { numRuns: 500 },
  );
});

test("it never accepts what JSON.parse refuses, and never throws, for any characters and any bytes", () => {
  const shapes = fc.string({
    unit: fc.constantFrom("{", "}", "[", "]", '"', "\\", ":", ",", "1", "e", "-", " ", "t", "\n"),
  });
  fc.assert(
    fc.property(fc.oneof(shapes, fc.string({ unit: "binary" })), (text) => {
      const parsed = parseJson(text);
      if (parsed.ok) assert.equal(parsed.value, JSON.parse(text));
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (raw) => void parseJson(raw)),
    { numRuns: 2000 },
  );
});

test("a member written twice is refused at any depth and in any spelling, and nothing else is taken for one", () => {
  fc.assert(
    fc.property(
      json,
      fc.string({ unit: "grapheme" }).filter((key) => key !== "__proto__"),
      (value, key) => {
        const name = JSON.stringify(key);
        const inner = JSON.stringify(value);
        assert.is(kindOf(bytes(`[{"x":{${name}:${inner},"y:":1,${name}:2}}]`)), "refused");
        assert.is(kindOf(bytes(`[{${name}:${inner}},{${name}:2}]`)), "ok");
      },
    ),
    { numRuns: 300 },
  );
  assert.is(kindOf('{"a":1,"\\u0061":2}'), "refused");
  assert.is(kindOf('{"a":":","b":"\\":,{"}'), "ok");
});

test("structure inside long strings is not taken for structure, and structure after them is", () => {
  const unit = fc.constantFrom('"', "\\", '\\"', ":", ",", "{", "[", "x".repeat(30));
  const text = fc.array(unit, { minLength: 10, maxLength: 80 }).map((units) => units.join(""));
  fc.assert(
    fc.property(text, text, (first, second) => {
      const a = JSON.stringify(first);
      const b = JSON.stringify(second);
      assert.is(kindOf(bytes(`{"k":${a},"l":[${b}]}`)), "ok");
      assert.is(kindOf(bytes(`{"k":${a},"l":${b},"k":${b}}`)), "refused");
      if (first !== second) assert.is(kindOf(bytes(`{${a}:1,${b}:2}`)), "ok");
    }),
    { numRuns: 500 },
  );
});

const table: readonly [string, string | Uint8Array, "ok" | "syntax" | "refused"][] = [
  ["empty text", "", "syntax"],
  ["only white space", " \n", "syntax"],
  ["a byte order mark", "\ufeff{}", "syntax"],
  ["a trailing comma", '{"a":1,}', "syntax"],
  ["two values", "{}{}", "syntax"],
  ["a comment", "{}//", "syntax"],
  ["NaN", "NaN", "syntax"],
  ["a raw control character", '"\u0001"', "syntax"],
  ["an unended string", '{"a":"b', "syntax"],
  ["an escaped end", '{"a":"b\\"}', "syntax"],
  ["UTF-8 cut in the middle", Buffer.from([0x22, 0xe2, 0x82, 0x22]), "syntax"],
  ["an overlong form", Buffer.from([0x22, 0xc0, 0x80, 0x22]), "syntax"],
  ["a surrogate in UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "syntax"],
  ["a byte that UTF-8 does not have", Buffer.from([0x22, 0xff, 0x22]), "syntax"],
  ["a lone high surrogate by escape", '"\\ud800"', "refused"],
  ["a lone low surrogate by escape", '{"a":["\\uDC00"]}', "refused"],
  ["a lone surrogate in a name", '{"\\uD800":1}', "refused"],
  ["a raw lone surrogate in a string", '"\ud800"', "refused"],
  ["a surrogate pair by escape", '"\\ud83d\\ude00"', "ok"],
  ["a backslash before what looks like an escape", '"\\\\ud800"', "ok"],
  ["infinity by exponent", "1e400", "refused"],
  ["minus infinity by exponent", "[-1e400]", "refused"],
  ["2^53 + 1", "9007199254740993", "refused"],
  ["2^53", "9007199254740992", "refused"],
  ["-(2^53 + 1)", '{"a":-9007199254740993}', "refused"],
  ["2^53 - 1", "9007199254740991", "ok"],
  ["-(2^53 - 1)", "-9007199254740991", "ok"],
  ["a fraction", "0.1", "ok"],
  ["__proto__", '{"__proto__":{"a":1}}', "refused"],
  ["__proto__ by escape", '{"a":{"\\u005f_proto__":1}}', "refused"],
  ["__proto__ as a value", '{"a":"__proto__"}', "ok"],
  ["constructor and prototype", '{"constructor":{"prototype":1}}', "ok"],
  ["an empty name", '{"":1}', "ok"],
];
for (const [name, text, kind] of table) test(`${name}: ${kind}`, () => assert.is(kindOf(text), kind));

test("constructor is an own member and changes no prototype", () => {
  const parsed = parseJson('{"constructor":1}');
  assert.ok(parsed.ok);
  assert.ok(Object.hasOwn(parsed.value as object, "constructor"));
  assert.is(Object.getPrototypeOf(parsed.value), Object.prototype);
});

test("depth and width are bounded before anything is built", () => {
  const { depth, values } = DEFAULT_JSON_BOUNDS;
  assert.is(kindOf("[".repeat(depth) + "]".repeat(depth)), "ok");
  assert.is(kindOf("[".repeat(depth + 1) + "]".repeat(depth + 1)), "refused");
  assert.is(kindOf("[".repeat(10_000_000)), "refused");
  assert.is(kindOf(`{"a":`.repeat(depth + 1)), "refused");
  assert.is(kindOf(`[${"0,".repeat(values)}0]`), "refused");
  const strict = parseJson("[[1]]", { depth: 1, values: 10 });
  assert.not(strict.ok);
});

test("a long string of quotes, backslashes or escapes is read whole", () => {
  for (const unit of ['"', "\\", '\\"', "\n", "é", "😀", "x"]) {
    const value = unit.repeat(200_000);
    const parsed = parseJson(bytes(JSON.stringify({ value, after: [1] })));
    assert.ok(parsed.ok);
    assert.equal(parsed.value, { value, after: [1] });
  }
});

test.run();
