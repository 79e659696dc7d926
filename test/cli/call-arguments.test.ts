import { test } from "uvu";
import * as assert from "uvu/assert";
import { readJsonArguments, readPairs } from "../../src/cli/call-arguments.ts";
import type { JsonObject } from "../../src/contract/json.ts";

const schema: JsonObject = {
  type: "object",
  properties: {
    path: { type: "string" },
    limit: { type: "integer" },
    weight: { type: "number" },
    recursive: { type: "boolean" },
    args: { type: "array", items: { type: "string" } },
    vector: { type: "array", items: { type: "number" } },
    data: { type: "object" },
    version: { type: ["integer", "null"] },
    any: {},
    either: { type: ["string", "integer"] },
  },
};

const good: readonly (readonly [pairs: readonly string[], value: JsonObject])[] = [
  [[], {}],
  [["path=a b=c"], { path: "a b=c" }],
  [["path="], { path: "" }],
  [["path=12", "either=12", "any=12"], { path: "12", either: "12", any: "12" }],
  [["limit=12", "weight=-1.5", "recursive=true"], { limit: 12, weight: -1.5, recursive: true }],
  [["args=one"], { args: ["one"] }],
  [["args=one", "args=[two"], { args: ["one", "[two"] }],
  [['args=["one","two"]'], { args: ["one", "two"] }],
  [["args=[not json"], { args: ["[not json"] }],
  [["vector=1", "vector=2.5"], { vector: [1, 2.5] }],
  [["vector=[1,2]"], { vector: [1, 2] }],
  [['data={"a": 1}'], { data: { a: 1 } }],
  [["version=null"], { version: null }],
  [["unknown=1"], { unknown: "1" }],
  [["constructor=x"], { constructor: "x" } as unknown as JsonObject],
];
for (const [pairs, value] of good) {
  test(`read by the schema: ${pairs.join(" ")}`, () => assert.equal(readPairs(pairs, schema), value));
}

const wrong: readonly (readonly [pairs: readonly string[], says: RegExp])[] = [
  [["path"], /^"path" is not key=value$/],
  [["=x"], /^"=x" is not key=value$/],
  [["path=a", "path=b"], /^"path" is given twice$/],
  [["limit=ten"], /^"limit" must be integer, is "ten"$/],
  [["limit=1.5"], /must be integer/],
  [["limit=9007199254740993"], /must be integer/],
  [["limit="], /must be integer/],
  [["recursive=yes"], /must be boolean, is "yes"/],
  [["data=[1]"], /must be object/],
  [["vector=x"], /"vector" must be number/],
  [["version=x"], /must be integer or null/],
];
for (const [pairs, says] of wrong) {
  test(`refused with a sentence: ${pairs.join(" ")}`, () => assert.match(readPairs(pairs, schema) as string, says));
}

test("--json takes exactly one strict JSON object", () => {
  assert.equal(readJsonArguments('{"a": [1, null]}'), { a: [1, null] });
  for (const text of ["", "[]", "1", "{", '{"a":1,"a":2}', '{"__proto__":{}}', "{} {}"]) {
    assert.type(readJsonArguments(text), "string", text);
  }
});

test.run();
