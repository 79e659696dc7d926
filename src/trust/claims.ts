import type { EffectVector } from "../contract/effect.ts";
import type { Json } from "../contract/json.ts";
import { PLUGIN_ACTION, type ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";
import { schemaProblem } from "./plain-schema.ts";

/** Host calls that a deployed tool may list: they reach nothing but the caller. */
export const PLUGIN_HOST_CALLS: ReadonlySet<string> = new Set(["log", "progress"]);

const FILE_ACTIONS = { read: "tool.fs.read", write: "tool.fs.write", remove: "tool.fs.delete" } as const;
const DESCRIPTION_BYTES = 2048;
const MOST_FOLDERS = 8;

/** What a tool with this need of files does to the world at least, as the tools that ship say of themselves. */
const LEAST_RISK: Readonly<Record<ToolManifest["filesystem"], number>> = {
  none: 0,
  "read-only": 0.1,
  "read-write": 0.5,
};

/**
 * Says what in a deployed tool's manifest cannot be believed, or nothing: what it says of itself does not agree with what
 * it asks for, or is meant to be read otherwise than it is. The manifest has met its schema before.
 */
export function claimsProblem(manifest: ToolManifest): string | undefined {
  return (
    textProblem(manifest) ??
    actionProblem(manifest) ??
    filesProblem(manifest) ??
    effectProblem(manifest) ??
    hostCallProblem(manifest) ??
    within("parameters", schemaProblem(manifest.parameters)) ??
    within("output", schemaProblem(manifest.output))
  );
}

const within = (where: string, problem: string | undefined): string | undefined => problem && `${where}: ${problem}`;

/** Nothing of what a model or a person reads may be invisible, or stand elsewhere than it seems to. */
function textProblem({ title, description, parameters, output, resources, folders }: ToolManifest): string | undefined {
  if (Buffer.byteLength(description) > DESCRIPTION_BYTES) return `its description has over ${DESCRIPTION_BYTES} bytes`;
  if (title.includes("\n")) return "its title is more than one line";
  for (const text of stringsOf({ title, description, parameters, output, resources, folders } as unknown as Json)) {
    const line = text.split("\n").find((one) => safeText(one, one.length + 1) !== one);
    if (line !== undefined) return `it holds characters that cannot be seen: "${safeText(line, 80)}"`;
  }
  return undefined;
}

function* stringsOf(value: Json | undefined): Iterable<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield key;
      yield* stringsOf(inner as Json);
    }
  }
}

function actionProblem({ kind, action, resources, parameters }: ToolManifest): string | undefined {
  if (kind !== undefined) return "a deployed tool has no kind";
  if (action !== PLUGIN_ACTION)
    return `its action is ${safeText(action, 64)}, and that of a deployed tool is ${PLUGIN_ACTION}`;
  for (const { argument, kind: names, actions, default: standIn } of resources) {
    const shown = safeText(argument, 64);
    if (names !== "path") return `its argument ${shown} names a ${names}, and those of a deployed tool name paths only`;
    if (standIn !== undefined) return `its argument ${shown} has a default, which a call would not show`;
    const known: readonly string[] = Object.values(FILE_ACTIONS);
    const odd = actions.find((one) => !known.includes(one));
    if (odd !== undefined) return `its argument ${shown} is decided by ${safeText(odd, 64)}: use ${known.join(", ")}`;
    if (!Object.hasOwn(parameters.properties as object, argument))
      return `its resources name ${shown}, which is none of its parameters`;
  }
  return undefined;
}

function filesProblem({ filesystem, folders = [], resources, annotations }: ToolManifest): string | undefined {
  if (filesystem === "none") {
    if (folders.length > 0) return "it names folders and needs no files";
    return resources.length > 0 ? "it names path arguments and needs no files" : undefined;
  }
  if (folders.length === 0) return `it needs files (${filesystem}) and names no folders that say which`;
  if (folders.length > MOST_FOLDERS) return `it names more than ${MOST_FOLDERS} folders`;
  const odd = folders.find(({ path }) => !isFolder(path));
  if (odd !== undefined)
    return `its folder "${safeText(odd.path, 80)}" is not a path below the first root: write docs/api, or "." for all of it`;
  const writes = folders.some(({ access }) => access === "read-write");
  if (writes !== (filesystem === "read-write")) return `it needs files ${filesystem} and its folders say otherwise`;
  if (writes && (annotations.readOnlyHint || !annotations.destructiveHint)) {
    return "it may write to folders and its annotations do not say that it changes and can destroy things";
  }
  const changes = resources.find(({ actions }) => actions.some((one) => one !== FILE_ACTIONS.read));
  return changes !== undefined && !writes
    ? `its argument ${safeText(changes.argument, 64)} is for writing and its folders are read-only`
    : undefined;
}

function isFolder(path: string): boolean {
  if (path === ".") return true;
  return (
    path.length <= 1024 &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"))
  );
}

function effectProblem({ effect, filesystem }: ToolManifest): string | undefined {
  const floor = LEAST_RISK[filesystem];
  if ((effect as EffectVector).risk >= floor) return undefined;
  return `its effect has risk ${effect.risk}, and files ${filesystem} have at least ${floor}`;
}

function hostCallProblem({ hostCalls }: ToolManifest): string | undefined {
  const odd = hostCalls.find((name) => !PLUGIN_HOST_CALLS.has(name));
  return (
    odd && `its host call ${safeText(odd, 64)} is not for deployed tools: there is ${[...PLUGIN_HOST_CALLS].join(", ")}`
  );
}
