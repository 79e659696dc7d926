import { wholeEffect } from "../contract/effect.ts";
import type { JsonObject } from "../contract/json.ts";
import { DEFAULT_LIMITS } from "../contract/limits.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";
import { HOST_CALLS } from "../store/wasi/import-names.ts";
import { mayListHostCall } from "./kernel/host-calls.ts";

/**
 * A manifest with what it may leave out filled in, or why it is not taken: whoever reads its name, its action or its
 * resources would be misled, or it lists a host call that is not for it. The document has met the manifest schema.
 */
export function readManifest(document: JsonObject): ToolManifest | string {
  const manifest = toManifest(document);
  const unclear = misnamedTemplate(manifest) ?? undecidedFiles(manifest);
  if (unclear !== undefined) return unclear;
  const unknown = manifest.hostCalls.find((name) => !mayListHostCall(manifest, name));
  if (unknown === undefined) return manifest;
  return `its hostCalls name "${safeText(unknown, 64)}", which the store does not have for it: ${[...HOST_CALLS].join(", ")}`;
}

const TEMPLATE_PREFIX = "template.";
const TEMPLATE_ACTION = "tool.agent.run";

/** A template is known as one by its name and its action, and nothing else is: whoever reads either is not misled. */
function misnamedTemplate({ kind, name, action }: ToolManifest): string | undefined {
  const looksLikeOne = name.startsWith(TEMPLATE_PREFIX);
  if ((kind === "template") !== looksLikeOne) {
    return looksLikeOne
      ? `its name begins with ${TEMPLATE_PREFIX} and its kind is not template`
      : `it is a template and its name does not begin with ${TEMPLATE_PREFIX}`;
  }
  if ((kind === "template") === (action === TEMPLATE_ACTION)) return undefined;
  return kind === "template"
    ? `it is a template and its action is not ${TEMPLATE_ACTION}`
    : `its action ${TEMPLATE_ACTION} is that of templates`;
}

/** A tool that uses files must say by which arguments, or the gate would decide about nothing in particular. */
function undecidedFiles({ filesystem, parameters, resources }: ToolManifest): string | undefined {
  if (filesystem !== "none" && !resources.some(({ kind }) => kind === "path")) {
    return `it needs files (${filesystem}) and its resources name no path that says which`;
  }
  const properties = (parameters.properties ?? {}) as JsonObject;
  const missing = resources.find(({ argument }) => !Object.hasOwn(properties, argument));
  return missing && `its resources name "${safeText(missing.argument, 64)}", which is none of its parameters`;
}

function toManifest(document: JsonObject): ToolManifest {
  const written = document as unknown as Partial<ToolManifest> & Pick<ToolManifest, "effect">;
  const effect = wholeEffect(written.effect);
  return {
    ...(document as unknown as ToolManifest),
    effect,
    limits: { ...DEFAULT_LIMITS, ...written.limits },
    resources: written.resources ?? [],
    hostCalls: written.hostCalls ?? [],
  };
}
