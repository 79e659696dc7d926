import type { Json, JsonObject } from "../contract/json.ts";
import { FOLDER_ACTIONS, type ResourceArgument } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";

/** What a saved command is given at each call. */
export interface SavedParameters {
  readonly schema: JsonObject;
  readonly resources: readonly ResourceArgument[];
}

const PATH: JsonObject = {
  type: "string",
  description: "A path, absolute or relative to the first folder of this tool.",
  minLength: 1,
  maxLength: 4096,
};
const TYPES: Readonly<Record<string, JsonObject>> = {
  string: { type: "string", maxLength: 65_536 },
  integer: { type: "integer" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  path: PATH,
  "write-path": PATH,
};
const MOST_ITEMS = 1000;
const PARAMETER = /^([a-z][a-z0-9_]*):([a-z-]+)(\[\])?(\?)?(?:=([\s\S]*))?$/;

/**
 * Reads `--param` options: `name:type`, with `[]` behind it for a list, `?` for one that may be left out, and `=` before
 * what is said of it. Answers a sentence for a person where one is not written so.
 */
export function readParameters(written: readonly string[]): SavedParameters | string {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  const resources: ResourceArgument[] = [];
  for (const text of written) {
    const [, name, type, list, optional, description] = PARAMETER.exec(text) ?? [];
    const shown = safeText(text, 80);
    if (name === undefined || type === undefined)
      return `--param ${shown} is not written name:type, such as dir:path or pattern:string?: small letters, digits and underscores make a name`;
    const schema = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
    if (schema === undefined) return `--param ${shown} has no known type: there is ${Object.keys(TYPES).join(", ")}`;
    if (Object.hasOwn(properties, name)) return `--param ${name} is given twice`;
    const isPath = schema === PATH;
    if (isPath && list !== undefined) return `--param ${shown} is a list of paths, which policy cannot decide on`;
    properties[name] = {
      ...(list === undefined ? schema : { type: "array", items: schema, maxItems: MOST_ITEMS }),
      ...(description !== undefined && { description }),
    };
    if (optional === undefined) required.push(name);
    if (isPath)
      resources.push({
        argument: name,
        kind: "path",
        actions: FOLDER_ACTIONS[type === "path" ? "read-only" : "read-write"],
      });
  }
  return { schema: { type: "object", additionalProperties: false, properties, required }, resources };
}
