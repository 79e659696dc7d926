import { test } from "uvu";
import * as assert from "uvu/assert";
import { digestJson } from "../../src/contract/canonical-json.ts";
import type { Json, JsonObject } from "../../src/contract/json.ts";
import { type CompiledValidator, findCheck } from "../../src/host/schema-check.ts";

const schema = {
  type: "object",
  additionalProperties: false,
  properties: {
    path: { type: "string" },
    limit: { type: "integer", minimum: 1 },
    encoding: { enum: ["utf-8", "base64"] },
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
  [{ path: "a", zzzzzz: 1 }, 'unknown key "zzzzzz": known are path, limit, encoding'],
  [{ path: "a", "\u001b[2J": 1 }, 'unknown key "\\u{1b}[2J": known are path, limit, encoding'],
  [{ path: "a", limit: 0 }, '"limit": must be >= 1'],
  [{ path: 1 }, '"path": must be string'],
  [{ path: "a", encoding: "latin1" }, '"encoding": must be one of "utf-8", "base64"'],
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

test.run();
