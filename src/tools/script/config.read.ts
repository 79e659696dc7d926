import { readText } from "../../script/guest/locate.ts";
import { serve } from "../../script/guest/serve.ts";
import { ToolError } from "../../script/guest/tool-error.ts";
import { FORMATS, formatOf } from "./config/formats.ts";

const MOST_BYTES = 2 * 1024 * 1024;
const MOST_DEPTH = 100;

const PROTO = "the file has a key __proto__, which no object of JSON should have: rename it";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** The value as JSON has it: dates as text, numbers beyond a double's exactness and not-numbers as text. */
function plain(value: unknown, depth: number): Json {
  if (depth > MOST_DEPTH) throw new ToolError("invalid-config", `the file is nested deeper than ${MOST_DEPTH} levels`);
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number")
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : String(value);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !(value instanceof Map))
    throw new ToolError("invalid-config", PROTO);
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  const object: { [name: string]: Json } = Object.create(null);
  for (const [name, item] of entries) {
    if (String(name) === "__proto__") throw new ToolError("invalid-config", PROTO);
    object[String(name)] = plain(item, depth + 1);
  }
  return object;
}

/** What a dotted key leads to; a name with dots in it is found as well. */
function find(value: Json, parts: readonly string[]): Json | undefined {
  if (parts.length === 0) return value;
  if (value === null || typeof value !== "object") return undefined;
  for (let length = 1; length <= parts.length; length++) {
    const name = parts.slice(0, length).join(".");
    if (!Object.hasOwn(value, name)) continue;
    const found = find((value as { [name: string]: Json })[name] as Json, parts.slice(length));
    if (found !== undefined) return found;
  }
  return undefined;
}

serve(({ path, key }: { readonly path: string; readonly key?: string }) => {
  const { text, place } = readText(path, MOST_BYTES);
  const format = formatOf(place.shown);
  if (format === undefined) {
    const known = "name it .json, .jsonc, .toml, .yaml, .yml, .ini, .cfg, .conf, .properties or .env";
    throw new ToolError("unknown-format", `cannot tell the format of ${place.shown}: ${known}`);
  }
  let value: Json;
  try {
    value = plain((FORMATS[format] as (text: string) => unknown)(text), 0);
  } catch (error) {
    if (error instanceof ToolError) throw error;
    const why = (error instanceof Error ? error.message : String(error)).split("\n")[0];
    throw new ToolError("invalid-config", `cannot read ${place.shown} as ${format}: ${why}`, { format });
  }
  if (key === undefined)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : { key: "", value };
  const found = find(value, key.split("."));
  if (found === undefined)
    throw new ToolError("key-not-found", `cannot find ${key} in ${place.shown}: read it without a key to see all`);
  return { key, value: found };
});
