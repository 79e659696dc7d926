import type { Json, JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { patternProblem } from "./plain-pattern.ts";

/** Characters of a schema's text. */
const SCHEMA_CHARACTERS = 64 * 1024;
/** Schemas in it, counted as often as references repeat them: what one look at a value can cost at most, per value. */
const MOST_SCHEMAS = 4096;
const DEEPEST = 32;
const MOST_ALTERNATIVES = 32;
/** Comparing all with all grows with the square. */
const MOST_UNIQUE = 128;

const ONE = ["additionalProperties", "items", "not", "if", "then", "else", "contains", "propertyNames"] as const;
const LIST = ["anyOf", "oneOf", "allOf", "prefixItems"] as const;
const NAMED = ["properties", "$defs", "dependentSchemas"] as const;
const PLAIN: ReadonlySet<string> = new Set([
  ...["type", "enum", "const", "default", "examples", "title", "description", "deprecated", "readOnly", "writeOnly"],
  ...["required", "minProperties", "maxProperties", "minItems", "maxItems", "minContains", "maxContains"],
  ...["minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "$comment"],
  ...["uniqueItems", "pattern", "$ref", "dependentRequired"],
]);
const REFERENCE = /^#\/\$defs\/([A-Za-z0-9_.-]{1,64})$/;
const ROOT_ONLY: ReadonlySet<string> = new Set(["$schema", "$defs"]);
const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/**
 * Says why a schema that came from outside is not looked at values with, or nothing. What is accepted is the part of JSON
 * Schema 2020-12 whose work is bounded by its own size times that of the value: nothing remote, no recursion, no
 * references that multiply, no pattern that backtracks far, no keyword that is not known here.
 */
export function schemaProblem(schema: JsonObject): string | undefined {
  const text = JSON.stringify(schema);
  if (text.length > SCHEMA_CHARACTERS) return `it has over ${SCHEMA_CHARACTERS} characters`;
  const definitions = isObject(schema.$defs) ? schema.$defs : {};
  let count = 0;

  function look(value: Json | undefined, depth: number, within: readonly string[], root = false): string | undefined {
    if (typeof value === "boolean") return undefined;
    if (!isObject(value)) return "a schema in it is neither an object nor a boolean";
    if (depth > DEEPEST) return `it nests deeper than ${DEEPEST}`;
    if (++count > MOST_SCHEMAS) return `it amounts to more than ${MOST_SCHEMAS} schemas`;
    for (const [keyword, member] of Object.entries(value)) {
      const wrong = lookAt(keyword, member, value, depth, within, root);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  function lookAt(
    keyword: string,
    member: Json,
    schema: JsonObject,
    depth: number,
    within: readonly string[],
    root: boolean,
  ): string | undefined {
    if (ROOT_ONLY.has(keyword) && !root) return `${keyword} stands inside of it, and belongs at its top`;
    if (keyword === "$schema") return member === DIALECT ? undefined : `its dialect is not ${DIALECT}`;
    if (keyword === "$ref") return follow(member, depth, within);
    if (keyword === "pattern")
      return typeof member === "string" ? patternProblem(member, schema.maxLength) : "a pattern is no text";
    if (keyword === "uniqueItems" && member === true) {
      const most = schema.maxItems;
      if (typeof most !== "number" || most > MOST_UNIQUE)
        return `uniqueItems needs a maxItems of at most ${MOST_UNIQUE}`;
    }
    if (PLAIN.has(keyword)) return undefined;
    if ((ONE as readonly string[]).includes(keyword)) return look(member, depth + 1, within);
    if ((LIST as readonly string[]).includes(keyword)) {
      if (!Array.isArray(member) || member.length > MOST_ALTERNATIVES)
        return `${keyword} is no list of at most ${MOST_ALTERNATIVES}`;
      return first(member as readonly Json[], (one) => look(one, depth + 1, within));
    }
    if ((NAMED as readonly string[]).includes(keyword)) {
      if (!isObject(member)) return `${keyword} is not an object`;
      return first(Object.values(member), (one) => look(one as Json, depth + 1, within));
    }
    return `its keyword "${safeText(keyword, 40)}" is not one that a deployed tool may use`;
  }

  function follow(reference: Json, depth: number, within: readonly string[]): string | undefined {
    const name = typeof reference === "string" ? REFERENCE.exec(reference)?.[1] : undefined;
    if (name === undefined) return `a $ref leads elsewhere than to #/$defs/…: "${safeText(String(reference), 80)}"`;
    if (!Object.hasOwn(definitions, name)) return `a $ref leads to ${name}, which is not in $defs`;
    if (within.includes(name)) return `its definition ${name} refers to itself`;
    return look((definitions as JsonObject)[name], depth + 1, [...within, name]);
  }

  return look(schema, 0, [], true);
}

function first<T>(all: readonly T[], look: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const wrong = look(one);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
