import { createHash } from "node:crypto";
import { readVersion } from "../contract/tool-version.ts";
import type { ToolSource } from "../host/tools/tool-source.ts";
import { readEnvelopeText } from "../kernel/tools/versions.ts";
import { stateTool } from "../trust/statement.ts";
import type { ToolDesk } from "./tool-desk.ts";

/** Whether a version that was deployed is this tool, but for its number. */
export function isSameTool(
  desk: ToolDesk,
  name: string,
  version: string,
  { document, module }: Pick<ToolSource, "document" | "module">,
): boolean {
  const envelope = desk.chain.read((state) => readEnvelopeText(state, name, version));
  if (envelope === undefined) return false;
  const identity = { sha256: createHash("sha256").update(module).digest("hex"), size: module.length };
  const { payload } = stateTool({ ...document, version }, identity);
  return (JSON.parse(envelope) as { payload: string }).payload === Buffer.from(payload).toString("base64");
}

/** The version that comes next. */
export function versionAfter(version: string): string {
  const [major, minor, patch] = readVersion(version) as readonly [number, number, number];
  return `${major}.${minor}.${patch + 1}`;
}
