import { createHash } from "node:crypto";
import { canonicalJson } from "../contract/canonical-json.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { nearest } from "./nearest.ts";

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

/**
 * Finds the validator that the build compiled from exactly this schema, or nothing when the schema is another
 * one: it is never compiled here, so an edited manifest cannot bring a pattern or a reference of its own.
 */
export function findCheck(validators: ValidatorModule, schema: JsonObject): Check | undefined {
  const name = `v${createHash("sha256").update(canonicalJson(schema)).digest("hex")}`;
  const validate = Object.hasOwn(validators, name) ? validators[name] : undefined;
  if (validate === undefined) return undefined;
  const known = Object.keys((schema.properties as JsonObject | undefined) ?? {});
  return (value) => {
    if (validate(value)) return undefined;
    const first = validate.errors?.[0];
    return first === undefined ? "does not meet its schema" : describe(first, known);
  };
}

function describe(error: SchemaError, known: readonly string[]): string {
  const where =
    error.instancePath === "" ? "" : `"${safeText(error.instancePath.slice(1).replaceAll("/", "."), 100)}": `;
  const { params } = error;
  switch (error.keyword) {
    case "additionalProperties": {
      const key = String(params.additionalProperty);
      const suggestion = error.instancePath === "" ? nearest(key, known) : undefined;
      const next =
        suggestion === undefined
          ? known.length > 0
            ? `: known are ${known.join(", ")}`
            : ""
          : `: did you mean "${suggestion}"?`;
      return `${where}unknown key "${safeText(key, 60)}"${next}`;
    }
    case "required":
      return `${where}"${String(params.missingProperty)}" is missing`;
    case "enum":
      return `${where}must be one of ${(params.allowedValues as Json[]).map((v) => JSON.stringify(v)).join(", ")}`;
    default:
      return `${where}${safeText(error.message ?? "does not meet its schema", 300)}`;
  }
}
