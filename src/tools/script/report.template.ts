import Mustache from "mustache";
import { serve } from "../../script/guest/serve.ts";
import { ToolError } from "../../script/guest/tool-error.ts";
import { TEMPLATES } from "./report/templates.ts";

interface Arguments {
  readonly template: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const asItIs = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** The same without what objects inherit, so that a name in a template is a name in the data. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(value).map(([name, item]) => [name, bare(item)])),
  );
}

serve(({ template, data }: Arguments) => {
  try {
    // The data came as JSON, so there are no functions in it, which alone could make more template of a value.
    return { rendered: Mustache.render(TEMPLATES.get(template) ?? template, bare(data), {}, { escape: asItIs }) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ToolError("invalid-template", `the template cannot be read: ${why}: see that every section is closed`);
  }
});
