// A tool.json that can be deployed, and what is made of it.
import type { JsonObject } from "../../src/contract/json.ts";
import { stateTool, type ToolStatement } from "../../src/trust/statement.ts";

export const MODULE = { sha256: "ab".repeat(32), size: 144 };

/** The smallest tool that can be deployed, with some members changed; `undefined` leaves one out. */
export function toolDocument(changed: Readonly<Record<string, unknown>> = {}): JsonObject {
  const document = {
    name: "acme.greet",
    version: "1.0.0",
    title: "Greet",
    description: "Greets somebody by name.",
    parameters: { type: "object", additionalProperties: false, properties: { name: { type: "string" } } },
    output: { type: "object", additionalProperties: false, properties: { text: { type: "string" } } },
    effect: {},
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    module: "greet.wasm",
    ...changed,
  };
  return JSON.parse(JSON.stringify(document)) as JsonObject;
}

export const statement = (changed: Readonly<Record<string, unknown>> = {}, module = MODULE): ToolStatement =>
  stateTool(toolDocument(changed), module);
