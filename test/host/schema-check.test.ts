import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { digestJson } from "../../src/contract/canonical-json.ts";
import type { Json, JsonObject } from "../../src/contract/json.ts";
import { wordsFor } from "../../src/host/pattern-words.ts";
import { type CompiledValidator, findCheck } from "../../src/host/schema-check.ts";

const schema = {
  type: "object",
  additionalProperties: false,
  properties: {
    path: { type: "string" },
    limit: { type: "integer", minimum: 1 },
    encoding: { enum: ["utf-8", "base64"] },
    id: { type: "string", pattern: "^[a-z][a-z0-9_-]{0,62}$" },
    other: { type: "string", pattern: "^a+$" },
  },
  required: ["path"],
} satisfies JsonObject;

/** The validators as the build makes them, in memory. */
async function compiled(): Promise<Record<string, CompiledValidator>> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  return { [`v${digestJson(schema)}`]: new Ajv2020().compile(schema) as unknown as CompiledValidator };
}

const check = findCheck(await compiled(), schema);

const table: readonly [value: Json, says: string | undefined][] = [
  [{ path: "a" }, undefined],
  [{ path: "a", limit: 1, encoding: "base64" }, undefined],
  [{}, '"path" is missing'],
  [{ pth: "a" }, 'unknown key "pth": did you mean "path"?'],
  [{ path: "a", zzzzzz: 1 }, 'unknown key "zzzzzz": known are path, limit, encoding, id, other'],
  [{ path: "a", "\u001b[2J": 1 }, 'unknown key "\\u{1b}[2J": known are path, limit, encoding, id, other'],
  [{ path: "a", limit: 0 }, '"limit": must be >= 1'],
  [{ path: 1 }, '"path": must be string'],
  [{ path: "a", encoding: "latin1" }, '"encoding": must be one of "utf-8", "base64"'],
  [{ path: "a", id: "A!" }, '"id": must be a small letter, then at most 62 small letters, digits, _ and -'],
  [{ path: "a", other: "b" }, '"other": must match the pattern ^a+$'],
];

for (const [value, says] of table) {
  test(`${JSON.stringify(value)} is answered with ${says ?? "nothing"}`, () => {
    assert.is(check?.(value), says);
  });
}

test("a schema that the build did not compile has no check: nothing is compiled at run time", async () => {
  assert.is(findCheck(await compiled(), { ...schema, required: [] }), undefined);
  assert.is(findCheck({}, schema), undefined);
});

test("what a pattern asks for is said in words, for every pattern in the parameters of the tools that ship", () => {
  const folder = new URL("../../manifests/", import.meta.url);
  const patterns = new Set<string>();
  const look = (node: unknown, inProperties: boolean) => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === "pattern" && typeof value === "string" && !inProperties) patterns.add(value);
      look(value, key === "properties");
    }
  };
  for (const file of readdirSync(folder).filter((name) => name !== "seal.json")) {
    const { parameters, kind } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
    if (kind !== "template") look(parameters, false);
  }
  assert.ok(patterns.size >= 6);
  for (const pattern of patterns) assert.ok(wordsFor(pattern), pattern);
  assert.is(wordsFor("toString"), undefined);
});

test.run();
