import { createHash } from "node:crypto";
import { canonicalJson } from "../contract/canonical-json.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { nearest } from "./nearest.ts";
import { wordsFor } from "./pattern-words.ts";

/** Says what is wrong with a value, as one lower-case sentence, or nothing when the value meets the schema. */
export type Check = (value: Json) => string | undefined;

/** What Ajv's standalone code exports for each schema (Ajv 8, "Standalone validation code"). */
export interface CompiledValidator {
  (value: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Record<string, unknown>;
  readonly message?: string;
}

/** Validators by name, `v` followed by the SHA-256 of the schema's canonical text; made by `scripts/build-validators.mjs`. */
export type ValidatorModule = Readonly<Record<string, CompiledValidator>>;

/** The name under which the build compiled a schema; a schema that differs in anything has another. */
export const validatorName = (schema: JsonObject): string =>
  `v${createHash("sha256").update(canonicalJson(schema)).digest("hex")}`;

/**
 * Finds the validator that the build compiled from exactly this schema, or nothing when the schema is another
 * one: it is never compiled here, so an edited manifest cannot bring a pattern or a reference of its own.
 */
export function findCheck(validators: ValidatorModule, schema: JsonObject): Check | undefined {
  const name = validatorName(schema);
  return Object.hasOwn(validators, name) ? checkBy(() => validators[name], schema) : undefined;
}

/** The check of a schema by its validator, which is asked for at each use; a value meets no schema without one. */
export function checkBy(validator: () => CompiledValidator | undefined, schema: JsonObject): Check {
  const known = Object.keys((schema.properties as JsonObject | undefined) ?? {});
  return (value) => {
    const validate = validator();
    if (validate === undefined) return "its schema has no validator";
    if (validate(value)) return undefined;
    // Ajv stops at its first error; of a misspelt argument that is what is missing, and not the slip of the pen.
    const slip = schema.additionalProperties === false ? unknownKey(value, known) : undefined;
    if (slip !== undefined) return slip;
    const first = validate.errors?.[0];
    return first === undefined ? "does not meet its schema" : describe(first);
  };
}

function unknownKey(value: Json, known: readonly string[]): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const key = Object.keys(value).find((name) => !known.includes(name));
  if (key === undefined) return undefined;
  const suggestion = nearest(key, known);
  const next = suggestion === undefined ? `known are ${known.join(", ")}` : `did you mean "${suggestion}"?`;
  return `unknown key "${safeText(key, 60)}": ${known.length === 0 ? "it takes none" : next}`;
}

function describe(error: SchemaError): string {
  const where =
    error.instancePath === "" ? "" : `"${safeText(error.instancePath.slice(1).replaceAll("/", "."), 100)}": `;
  const { params } = error;
  switch (error.keyword) {
    case "additionalProperties":
      return `${where}unknown key "${safeText(String(params.additionalProperty), 60)}"`;
    case "required":
      return `${where}"${String(params.missingProperty)}" is missing`;
    case "enum":
      return `${where}must be one of ${(params.allowedValues as Json[]).map((v) => JSON.stringify(v)).join(", ")}`;
    case "false schema":
      return `${where}has no place here`;
    case "pattern": {
      const pattern = String(params.pattern);
      return `${where}${wordsFor(pattern) ?? `must match the pattern ${safeText(pattern, 200)}`}`;
    }
    default:
      return `${where}${safeText(error.message ?? "does not meet its schema", 300)}`;
  }
}
