import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../src/contract/json.ts";
import { typeOfSchema } from "../../src/script/schema-type.ts";

const table: readonly [schema: JsonObject, type: string][] = [
  [{ type: "string" }, "string"],
  [{ type: "integer", minimum: 1 }, "number"],
  [{ type: ["string", "null"] }, "string | null"],
  [{ enum: ["a", 1, null, true] }, '"a" | 1 | null | true'],
  [{ const: "x" }, '"x"'],
  [{ type: "array", items: { type: "string" } }, "readonly string[]"],
  [{ type: "array", items: { enum: ["a", "b"] } }, 'readonly ("a" | "b")[]'],
  [{ type: "array" }, "readonly unknown[]"],
  [{ anyOf: [{ type: "string" }, { type: "boolean" }] }, "string | boolean"],
  [{ oneOf: [{ type: "string" }, {}] }, "unknown"],
  [{}, "unknown"],
  [{ not: { type: "string" } }, "unknown"],
  [{ type: "object", additionalProperties: false }, "Record<string, never>"],
  [{ type: "object", additionalProperties: { type: "number" } }, "Readonly<Record<string, number>>"],
  [{ $ref: "#/$defs/a", $defs: { a: { type: "boolean" } } }, "boolean"],
  [{ $ref: "#/$defs/b", $defs: { a: { type: "boolean" } } }, "unknown"],
  [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, "unknown"],
  [
    {
      type: "object",
      additionalProperties: false,
      properties: {
        path: { type: "string", description: "Where */ it\nis." },
        "a b": { type: "object", properties: { x: {} } },
      },
      required: ["path"],
    },
    '{\n  /** Where * / it is. */\n  readonly path: string;\n  readonly "a b"?: {\n    readonly x?: unknown;\n    readonly [name: string]: unknown;\n  };\n}',
  ],
];

for (const [schema, type] of table) {
  test(`values of ${JSON.stringify(schema)} are ${type}`, () => assert.is(typeOfSchema(schema), type));
}

test.run();
