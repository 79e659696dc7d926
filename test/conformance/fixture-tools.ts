// The tools that the official conformance suite of MCP calls, as folders to build and deploy. Each is a `<name>.ts` in
// tools/ beside a `<name>.json` with what its tool.json has beside what all have.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isFault } from "../../src/contract/fault.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import { loadDocumentCheck } from "../../src/host/tools/document-check.ts";
import { buildScriptFolder } from "../../src/host/tools/script-folder.ts";

const PACKAGE_ROOT = new URL("../../", import.meta.url);
const TOOLS = fileURLToPath(new URL("tools/", import.meta.url));

const COMMON: JsonObject = {
  version: "1.0.0",
  title: "A tool of the conformance suite",
  description: "Answers what a scenario of the conformance suite wants to see.",
  parameters: { type: "object", additionalProperties: false, properties: {} },
  result: "content",
  effect: {},
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  limits: { fuel: 1_000_000_000, memoryBytes: 67_108_864 },
  module: "tool.wasm",
};

/** The names of all fixtures, without the first part that they share. */
export const fixtureNames = (): string[] =>
  readdirSync(TOOLS)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort();

/** Writes the folder of a fixture into `place`, builds its module, and answers its path. */
export function buildFixture(place: string, name: string): Promise<string> {
  const own = JSON.parse(readFileSync(join(TOOLS, `${name}.json`), "utf8")) as JsonObject;
  return buildContentTool(join(place, name), own, readFileSync(join(TOOLS, `${name}.ts`), "utf8"));
}

/** Writes the folder of a tool that answers blocks, builds its module, and answers its path. */
export async function buildContentTool(folder: string, document: JsonObject, code: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tool.json"), JSON.stringify({ ...COMMON, ...document }));
  writeFileSync(join(folder, "tool.ts"), code);
  const built = await buildScriptFolder(folder, await loadDocumentCheck(PACKAGE_ROOT), PACKAGE_ROOT);
  if (isFault(built)) throw new Error(built.message);
  return folder;
}
