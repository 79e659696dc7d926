import { Ajv2020 } from "ajv/dist/2020.js";
import type { JsonObject } from "../../contract/json.ts";
import { schemaProblem } from "../../trust/plain-schema.ts";
import { type Check, type CompiledValidator, checkBy } from "../schema-check.ts";

// Loaded when a deployed tool is first called: no start needs Ajv.

/**
 * The check of a schema that came from outside, or what is wrong with it. The schema is held against
 * `trust/plain-schema.ts` first, so that compiling it and looking at values with it take bounded work.
 */
export function compileSchema(schema: JsonObject): Check | string {
  const wrong = schemaProblem(schema);
  if (wrong !== undefined) return wrong;
  try {
    // One for each schema, so that none sees what another defines, and what was compiled goes with its tool.
    const ajv = new Ajv2020({
      strict: true,
      strictRequired: false,
      strictTypes: false,
      allowUnionTypes: true,
      validateFormats: false,
    });
    const validate = ajv.compile(schema) as unknown as CompiledValidator;
    return checkBy(() => validate, schema);
  } catch (error) {
    return `it is no JSON Schema 2020-12: ${error instanceof Error ? error.message : String(error)}`;
  }
}
