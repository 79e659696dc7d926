import { PassThrough } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { askForms } from "../../src/cli/ask-form.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import type { Asking } from "../../src/contract/question.ts";
import { readInputs } from "../../src/host/content/read-inputs.ts";
import type { Ambient } from "../../src/host/settings.ts";

function asking(properties: object, required: readonly string[] = []): Asking {
  const schema = { type: "object", properties, required } as JsonObject;
  return { token: "t", questions: { form: { message: "Who?\u001b[2J", schema } }, expiresAt: 0 };
}

async function answered(typed: string, one: Asking): Promise<{ form: unknown; shown: string }> {
  const stdin = new PassThrough();
  const stderr = new PassThrough();
  const waiting = askForms({ stdin, stderr } as unknown as Ambient, one, new AbortController().signal);
  stdin.end(typed);
  const { token, responses } = await waiting;
  assert.is(token, "t");
  assert.ok(readInputs(one.questions, responses) !== undefined, "whatever is answered will do");
  return { form: responses.form, shown: String(stderr.read() ?? "") };
}

const text = { type: "string" };
const cases: readonly (readonly [name: string, typed: string, one: Asking, form: unknown])[] = [
  ["a text", "y\nAda\n", asking({ name: text }, ["name"]), { action: "accept", content: { name: "Ada" } }],
  [
    "a number, at the second try",
    "yes\nx\n36\n",
    asking({ age: { type: "integer" } }, ["age"]),
    { action: "accept", content: { age: 36 } },
  ],
  [
    "yes and no",
    "y\ny\nno\n",
    asking({ a: { type: "boolean" }, b: { type: "boolean" } }),
    { action: "accept", content: { a: true, b: false } },
  ],
  [
    "a choice, not another",
    "y\nc\na\n",
    asking({ a: { ...text, enum: ["a", "b"] } }, ["a"]),
    { action: "accept", content: { a: "a" } },
  ],
  [
    "several choices",
    "y\na, b\n",
    asking({ a: { type: "array", items: { enum: ["a", "b"] } } }),
    { action: "accept", content: { a: ["a", "b"] } },
  ],
  [
    "nothing where nothing is needed",
    "y\n\n\n",
    asking({ a: text, b: { type: "number" } }),
    { action: "accept", content: {} },
  ],
  [
    "the default where nothing is written",
    "y\n\n",
    asking({ a: { ...text, default: "x" } }, ["a"]),
    { action: "accept", content: { a: "x" } },
  ],
  ["no", "n\n", asking({ a: text }), { action: "decline" }],
  ["the end", "", asking({ a: text }), { action: "cancel" }],
  ["the end within the form", "y\n", asking({ a: text }, ["a"]), { action: "cancel" }],
  [
    "what will not do, thrice and once more",
    "y\na\nb\nc\nd\n",
    asking({ a: { type: "integer" } }, ["a"]),
    { action: "cancel" },
  ],
];

for (const [name, typed, one, form] of cases) {
  test(`at the terminal: ${name}`, async () => {
    assert.equal((await answered(typed, one)).form, form);
  });
}

test("what a tool writes cannot act on the terminal, and each field says what it takes", async () => {
  const { shown } = await answered("y\na\n", asking({ a: { ...text, title: "Kind", enum: ["a", "b"] } }, ["a"]));
  assert.is(shown, "Who?\\u{1b}[2J\nanswer it? [y/N]   Kind (a | b): ");
});

test("an interruption cancels every form", async () => {
  const stop = new AbortController();
  const one = asking({ a: text });
  const two = { ...one, questions: { ...one.questions, other: one.questions.form as never } };
  const waiting = askForms({ stdin: new PassThrough(), stderr: new PassThrough() } as never, two, stop.signal);
  stop.abort();
  assert.equal((await waiting).responses, { form: { action: "cancel" }, other: { action: "cancel" } });
});

test.run();
