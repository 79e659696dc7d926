import type { Json, JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { parseJson } from "../contract/strict-json.ts";

/**
 * Reads `key=value` pairs by a tool's schema: a string stays as it is, numbers, booleans and objects are read as
 * JSON, and an array is either JSON or one pair an element. A key that the schema does not have stays a string, so
 * that the host says what is wrong with it. Answers a sentence for a pair that cannot be read.
 */
export function readPairs(pairs: readonly string[], schema: JsonObject): JsonObject | string {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const read = new Map<string, Json>();
  for (const pair of pairs) {
    const end = pair.indexOf("=");
    if (end < 1) return `"${safeText(pair, 60)}" is not key=value`;
    const key = pair.slice(0, end);
    const text = pair.slice(end + 1);
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const types = typesOf(property);
    const isList = types.includes("array") && !types.includes("string");
    const earlier = read.get(key);
    if (earlier !== undefined && !isList) return `"${safeText(key, 60)}" is given twice`;
    if (!isList) {
      const value = readValue(key, text, types);
      if (typeof value === "string") return value;
      read.set(key, value.value);
      continue;
    }
    const whole = text.startsWith("[") && earlier === undefined ? parseJson(text) : undefined;
    if (whole?.ok && Array.isArray(whole.value)) {
      read.set(key, whole.value);
      continue;
    }
    const item = readValue(key, text, typesOf(isObject(property) ? property.items : undefined));
    if (typeof item === "string") return item;
    read.set(key, [...((earlier as readonly Json[] | undefined) ?? []), item.value]);
  }
  return Object.fromEntries(read);
}

/** Reads the arguments of `--json`: one object. */
export function readJsonArguments(text: string | Uint8Array): JsonObject | string {
  const parsed = parseJson(text);
  if (!parsed.ok) return `the arguments are not usable: ${parsed.reason}`;
  return isObject(parsed.value) ? parsed.value : "the arguments must be one JSON object";
}

function readValue(key: string, text: string, types: readonly string[]): { value: Json } | string {
  if (types.length === 0 || types.includes("string")) return { value: text };
  const parsed = parseJson(text);
  const value = parsed.ok ? parsed.value : undefined;
  if (value !== undefined && types.some((type) => fits(value, type))) return { value };
  return `"${safeText(key, 60)}" must be ${types.join(" or ")}, is "${safeText(text, 60)}"`;
}

function fits(value: Json, type: string): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function typesOf(schema: Json | undefined): readonly string[] {
  if (!isObject(schema)) return [];
  const { type } = schema;
  if (typeof type === "string") return [type];
  return Array.isArray(type) ? type.filter((one): one is string => typeof one === "string") : [];
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
