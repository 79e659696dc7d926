// What a tool may ask a person, and what of the answers it is told.
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../src/contract/json.ts";
import type { ToolQuestions } from "../../src/contract/question.ts";
import { isMet, readInputs } from "../../src/host/content/read-inputs.ts";
import { readQuestions } from "../../src/host/content/read-questions.ts";

const text = { type: "string" };
// biome-ignore lint/suspicious/noExplicitAny: schemas that are right and wrong
const form = (properties: object, required?: unknown): any => ({
  type: "object",
  properties,
  ...(required !== undefined && { required }),
});
const asking = (schema: unknown, more: object = {}): JsonObject =>
  ({ ask: { key: { message: "Which?", schema } }, ...more }) as JsonObject;
const field = (one: object) => asking(form({ a: one }));

const good: readonly (readonly [name: string, document: JsonObject])[] = [
  [
    "a text of a format and its bounds",
    field({ ...text, title: "E-mail", format: "email", minLength: 1, maxLength: 9 }),
  ],
  ["numbers", asking(form({ a: { type: "number", minimum: 0.5 }, b: { type: "integer", default: 3 } }, ["a"]))],
  ["a truth value", field({ type: "boolean", default: false })],
  ["a choice", field({ ...text, enum: ["a", "b"], default: "a" })],
  ["a choice with titles", field({ ...text, oneOf: [{ const: "a", title: "A" }] })],
  ["a choice with names", field({ ...text, enum: ["a"], enumNames: ["A"] })],
  ["several choices", field({ type: "array", minItems: 1, maxItems: 2, items: { type: "string", enum: ["a", "b"] } })],
  [
    "several choices with titles",
    field({ type: "array", items: { anyOf: [{ const: "a", title: "A" }] }, default: ["a"] }),
  ],
  [
    "eight questions",
    { ask: Object.fromEntries([..."abcdefgh"].map((key) => [key, { message: "m", schema: form({ a: text }) }])) },
  ],
  ["a state of any form", asking(form({ a: text }), { state: [1, { deep: null }] })],
];

for (const [name, document] of good) {
  test(`${name} may be asked`, () => {
    const { ask, ...state } = document;
    assert.equal(readQuestions(document), { questions: ask, ...state });
  });
}

const refused: readonly (readonly [name: string, document: unknown, says: RegExp])[] = [
  ["nothing", { ask: {} }, /^ask is empty$/],
  ["a list", { ask: [] }, /^ask is not an object$/],
  ["content beside it", { ask: {}, content: [] }, /unknown member "content"/],
  ["nine questions", { ask: Object.fromEntries([..."abcdefghi"].map((key) => [key, {}])) }, /has 9 items, over 8/],
  ["the gate's key", { ask: { approval: {} } }, /approval, which is the gate's/],
  ["a key that is no name", { ask: { "a b": {} } }, /key that is not letters/],
  ["a message that is empty", { ask: { a: { message: " ", schema: form({ a: text }) } } }, /message is no text/],
  ["a message without end", { ask: { a: { message: "x".repeat(1001), schema: form({ a: text }) } } }, /at most 1000/],
  [
    "a place to go to",
    { ask: { a: { message: "m", mode: "url", url: "https://a.example" } } },
    /unknown member "mode"/,
  ],
  ["no form", asking(undefined), /schema is not an object/],
  ["a form that is a list", asking({ type: "array" }), /unknown member|is not "object"/],
  ["a form without fields", asking(form({})), /has 0 fields/],
  [
    "a form of 17 fields",
    asking(form(Object.fromEntries([..."abcdefghijklmnopq"].map((key) => [key, text])))),
    /has 17 fields/,
  ],
  ["a form in a form", field(form({ b: text })), /type is not one of string/],
  ["a list of objects", field({ type: "array", items: { type: "object" } }), /is not "string"/],
  ["a pattern", field({ ...text, pattern: "(a+)+$" }), /unknown member "pattern"/],
  ["a reference", asking({ $ref: "https://a.example/s.json" }), /unknown member "\$ref"/],
  ["a field of the prototype", asking(form({ a: { type: "constructor" } })), /type is not one of/],
  ["a format that is none", field({ ...text, format: "password" }), /format is not one of email/],
  ["a title that hides", field({ ...text, title: "a\u202eb" }), /characters that cannot be seen/],
  ["a choice that hides", field({ ...text, enum: ["\u200b"] }), /characters that cannot be seen/],
  ["no choices", field({ ...text, enum: [] }), /enum is empty/],
  ["more names than choices", field({ ...text, enum: ["a"], enumNames: ["A", "B"] }), /not as many/],
  ["a default of another type", field({ type: "integer", default: 1.5 }), /default is no integer/],
  ["bounds that cross", field({ type: "number", minimum: 2, maximum: 1 }), /minimum over its maximum/],
  ["a length below nothing", field({ ...text, minLength: -1 }), /minLength is no such number/],
  ["what is no field as required", asking(form({ a: text }, ["b"])), /required names what is no field/],
  [
    "16 KiB and more of a state",
    asking(form({ a: text }), { state: "x".repeat(16_384) }),
    /^state has over 16384 bytes$/,
  ],
  ...[
    "password",
    "apiKey",
    "api_key",
    "access_token",
    "token",
    "clientSecret",
    "pin",
    "cvv",
    "cardNumber",
    "seedPhrase",
  ].map((name) => [`the secret ${name}`, asking(form({ [name]: text })), /asks for a secret/] as const),
  ["a secret by its title", field({ ...text, title: "Your passphrase" }), /asks for a secret/],
];

for (const [name, document, says] of refused) {
  test(`${name} may not be asked`, () => {
    const read = readQuestions(document as JsonObject);
    assert.type(read, "string", JSON.stringify(read));
    assert.match(read as string, says);
  });
}

test("names that only look like secrets may be asked", () => {
  for (const name of ["username", "email", "tokens", "pinned", "keyboard", "passenger", "max_tokens_used"]) {
    assert.type(readQuestions(asking(form({ [name]: text }))), "object", name);
  }
});

const values: readonly (readonly [field: object, good: readonly unknown[], bad: readonly unknown[]])[] = [
  [text, ["", "x"], [1, null, true, ["x"], "x".repeat(10_001)]],
  [{ ...text, minLength: 1, maxLength: 2 }, ["a", "🙂🙂"], ["", "abc", "🙂🙂🙂"]],
  [{ ...text, format: "email" }, ["a@b"], ["a", "a b@c", "@", "a@b@c"]],
  [{ ...text, format: "uri" }, ["https://a.example"], ["a"]],
  [{ ...text, format: "date" }, ["2026-02-28"], ["2026-13-01", "26-1-1"]],
  [{ ...text, format: "date-time" }, ["2026-02-28T12:00:00Z"], ["2026-02-28"]],
  [{ ...text, enum: ["a", "b"] }, ["a"], ["c", "toString", ""]],
  [{ ...text, oneOf: [{ const: "a", title: "b" }] }, ["a"], ["b"]],
  [{ type: "integer", minimum: 1, maximum: 3 }, [1, 3], [0, 4, 1.5, "1", 2 ** 53]],
  [{ type: "number" }, [1.5, -0], ["1.5", null]],
  [{ type: "boolean" }, [true, false], ["true", 1, 0]],
  [
    { type: "array", minItems: 1, maxItems: 2, items: { enum: ["a", "b"] } },
    [["a"], ["b", "a"]],
    [[], ["a", "a"], ["c"], "a", { length: 1 }],
  ],
];

test("a value is held against its field", () => {
  for (const [one, fits, does] of values) {
    for (const value of fits) assert.ok(isMet(one as JsonObject, value as never), JSON.stringify([one, value]));
    for (const value of does) assert.not.ok(isMet(one as JsonObject, value as never), JSON.stringify([one, value]));
  }
});

const questions: ToolQuestions = {
  who: { message: "m", schema: form({ name: text, age: { type: "integer" } }, ["name"]) as JsonObject },
  why: { message: "m", schema: form({ reason: text }) as JsonObject },
};

test("what nobody asked for is left out, and a person may decline or cancel", () => {
  const responses = {
    who: { action: "accept", content: { name: "Ada", more: "x" }, _meta: {} },
    why: { action: "decline", content: { reason: "none" } },
    other: { action: "accept", content: {} },
  };
  assert.equal(readInputs(questions, responses), {
    who: { action: "accept", content: { name: "Ada" } },
    why: { action: "decline" },
  });
  const declined = { action: "cancel" };
  assert.equal(readInputs(questions, { who: declined, why: declined }), { who: declined, why: declined });
});

test("what is missing or is not as it was asked for is asked again", () => {
  const why = { action: "cancel" };
  const bad = [
    undefined,
    12345,
    null,
    {},
    { action: "yes", content: { name: "Ada" } },
    { action: "accept" },
    { action: "accept", content: {} },
    { action: "accept", content: { name: 1 } },
    { action: "accept", content: { name: "Ada", age: "1" } },
    { action: "accept", content: [] },
    { action: ["accept"], content: { name: "Ada" } },
  ];
  for (const who of bad) {
    const responses = who === undefined ? { why } : { who, why };
    assert.is(readInputs(questions, responses as JsonObject), undefined, JSON.stringify(who));
  }
});

test("property: whatever comes back, what a tool is told of it meets its questions", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("who", "why", "x"), fc.jsonValue()), fc.jsonValue(), (any, content) => {
      for (const responses of [
        any,
        { ...any, who: { action: "accept", content }, why: { action: "accept", content } },
      ]) {
        const read = readInputs(questions, responses as JsonObject);
        if (read === undefined) return;
        assert.equal(Object.keys(read), Object.keys(questions));
        for (const [key, input] of Object.entries(read)) {
          const { properties, required = [] } = (questions[key] as ToolQuestions[string]).schema as {
            properties: JsonObject;
            required?: string[];
          };
          assert.is(input.content !== undefined, input.action === "accept");
          for (const [name, value] of Object.entries(input.content ?? {}))
            assert.ok(isMet(properties[name] as JsonObject, value));
          if (input.content) for (const name of required) assert.ok(Object.hasOwn(input.content, name));
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test.run();
