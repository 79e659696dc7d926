import type { JsonObject } from "../contract/json.ts";
import { parseJson } from "../contract/strict-json.ts";

/** A message as it is typed: a JSON object where it begins with a brace, else text. A sentence says what is wrong with it. */
export function readMessage(typed: string): { readonly payload: JsonObject } | { readonly text: string } | string {
  if (!typed.trimStart().startsWith("{")) return { text: typed };
  const parsed = parseJson(typed);
  if (!parsed.ok) return `the message begins like JSON and is not: ${parsed.reason}`;
  return { payload: parsed.value as JsonObject };
}
