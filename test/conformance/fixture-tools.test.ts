// The conformance fixtures as tools: what each answers in the store.
// scripts/conformance.ts runs the official suite's scenarios on them through the built program.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../src/contract/json.ts";
import type { Example } from "../../src/host/tools/examples.ts";
import { runExamples } from "../../src/host/tools/run-examples.ts";
import { stateTool } from "../../src/trust/statement.ts";
import { buildFixture, fixtureNames } from "./fixture-tools.ts";

const PACKAGE_ROOT = new URL("../../", import.meta.url);
const test = suite<{ place: string }>("conformance fixtures");
test.before((context) => {
  context.place = mkdtempSync(join(tmpdir(), "tollgate-fixtures-"));
});
test.after(({ place }) => rmSync(place, { recursive: true, force: true }));

const text = (said: string) => ({ type: "text", text: said });
const PIXEL = { type: "image", data: /^iVBOR/, mimeType: "image/png" };
const name = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
const color = { type: "object", properties: { color: { type: "string" } }, required: ["color"] };
const ok = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] };
const accept = (content: JsonObject) => ({ action: "accept", content });

interface Round {
  readonly arguments?: JsonObject;
  readonly inputs?: JsonObject;
  readonly state?: unknown;
  readonly answer: object;
}

/** By fixture: one call, or its rounds. Of pictures, sounds and long forms only what they are. */
const answers: Readonly<Record<string, readonly Round[]>> = {
  simple_text: [{ answer: { content: [text("This is a simple text response for testing.")] } }],
  image_content: [{ answer: { content: [PIXEL] } }],
  audio_content: [{ answer: { content: [{ type: "audio", data: /^UklGR/, mimeType: "audio/wav" }] } }],
  embedded_resource: [
    {
      answer: {
        content: [
          {
            type: "resource",
            resource: {
              uri: "test://embedded-resource",
              mimeType: "text/plain",
              text: "This is an embedded resource content.",
            },
          },
        ],
      },
    },
  ],
  multiple_content_types: [
    {
      answer: {
        content: [
          text("Multiple content types test:"),
          PIXEL,
          {
            type: "resource",
            resource: { uri: /^test:/, mimeType: "application/json", text: '{"test":"data","value":123}' },
          },
        ],
      },
    },
  ],
  error_handling: [
    { answer: { content: [text("This tool intentionally returns an error for testing")], isError: true } },
  ],
  tool_with_progress: [{ answer: { content: [text("Progress was reported.")] } }],
  tool_with_logging: [{ answer: { content: [text("The tool logged three lines.")] } }],
  elicitation: [
    { arguments: { message: "Who?" }, answer: { ask: { user: { message: "Who?", schema: {} } } } },
    {
      arguments: { message: "Who?" },
      inputs: { user: { action: "decline" } },
      answer: { content: [text("User response: action=decline, content={}")] },
    },
  ],
  elicitation_sep1034_defaults: [
    { answer: { ask: { form: { message: /defaults/, schema: {} } } } },
    {
      inputs: { form: accept({ age: 3 }) },
      answer: { content: [text('Elicitation completed: action=accept, content={"age":3}')] },
    },
  ],
  elicitation_sep1330_enums: [{ answer: { ask: { form: { message: /enum/, schema: {} } } } }],
  input_required_result_elicitation: [
    { answer: { ask: { user_name: { message: "What is your name?", schema: name } } } },
    { inputs: { user_name: accept({ name: "Ada" }) }, answer: { content: [text("Hello, Ada!")] } },
  ],
  input_required_result_request_state: [
    { answer: { ask: { confirm: { message: "Please confirm", schema: ok } }, state: { step: "confirm" } } },
    { inputs: { confirm: accept({ ok: true }) }, state: { step: "confirm" }, answer: { content: [text("state-ok")] } },
    { inputs: { confirm: accept({ ok: true }) }, answer: { content: [text("state-lost")] } },
  ],
  input_required_result_multi_round: [
    { answer: { ask: { step1: { message: /Step 1/, schema: name } } } },
    {
      inputs: { step1: accept({ name: "Ada" }) },
      answer: { ask: { step2: { message: /Step 2/, schema: color } }, state: { name: "Ada" } },
    },
    {
      inputs: { step2: accept({ color: "blue" }) },
      state: { name: "Ada" },
      answer: { content: [text("Ada likes blue.")] },
    },
  ],
};

/** Whether a value is another one, in which a pattern stands for a text and an empty object for any. */
function matches(found: unknown, wanted: unknown): boolean {
  if (wanted instanceof RegExp) return typeof found === "string" && wanted.test(found);
  if (typeof wanted !== "object" || wanted === null) return found === wanted;
  if (typeof found !== "object" || found === null || Array.isArray(found) !== Array.isArray(wanted)) return false;
  const keys = Object.keys(wanted);
  if (keys.length === 0) return true;
  if (Object.keys(found).sort().join() !== keys.sort().join()) return false;
  return keys.every((key) => matches((found as JsonObject)[key], (wanted as JsonObject)[key]));
}

test("every fixture has an expectation", () => {
  assert.equal(Object.keys(answers).sort(), fixtureNames());
});

for (const [fixture, rounds] of Object.entries(answers)) {
  test(`${fixture} answers as its scenario wants it`, async ({ place }) => {
    const folder = await buildFixture(place, fixture);
    const document = JSON.parse(readFileSync(join(folder, "tool.json"), "utf8"));
    const module = readFileSync(join(folder, "tool.wasm"));
    const identity = { sha256: createHash("sha256").update(module).digest("hex"), size: module.length };
    const examples = rounds.map(
      ({ inputs, state, ...round }, index): Example => ({
        ...{ name: String(index), arguments: round.arguments ?? {}, files: {}, after: {}, env: {}, calls: [] },
        ...(inputs && { inputs }),
        ...(state !== undefined && { state: state as JsonObject }),
        expected: { answer: {} },
      }),
    );
    const statement = stateTool(document, identity);
    const { signal } = new AbortController();
    let index = 0;
    for await (const { answer, problem } of runExamples(statement, module, examples, PACKAGE_ROOT, signal)) {
      const wanted = (rounds[index++] as Round).answer;
      assert.ok(matches(answer, wanted), `${problem}, and not ${JSON.stringify(wanted)}`);
    }
    assert.is(index, rounds.length);
  });
}

test.run();
