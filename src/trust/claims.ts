import type { EffectVector } from "../contract/effect.ts";
import type { Json } from "../contract/json.ts";
import { PLUGIN_ACTION, type ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";
import { schemaProblem } from "./plain-schema.ts";
import { savedCommandProblem } from "./saved-command.ts";

/** Host calls that a deployed tool may list, and what it has to name for those that reach further than the caller. */
const PLUGIN_HOST_CALLS: ReadonlyMap<string, "calls" | "http" | undefined> = new Map([
  ["log", undefined],
  ["progress", undefined],
  ["tool.call", "calls"],
  ["http.request", "http"],
] as const);

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
    networkProblem(manifest) ??
    askingProblem(manifest) ??
    savedCommandProblem(manifest) ??
    hostCallProblem(manifest) ??
    schemasProblem(manifest)
  );
}

/** What a template takes and answers is the host's own. */
function schemasProblem({ kind, parameters, output }: ToolManifest): string | undefined {
  if (kind === "template") return undefined;
  return within("parameters", schemaProblem(parameters)) ?? within("output", schemaProblem(output));
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
  if (kind === "template" && resources.length > 0) {
    return `it is a template and names the argument ${safeText(resources[0]?.argument ?? "", 64)}: its messages have no arguments to name`;
  }
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

/** What may leave for the network at least, beside what the tool does. */
const LEAST_PRIVACY = 0.3;

/** What a person says goes to the tool at least. */
const LEAST_PRIVACY_ASKING = 0.1;

function networkProblem({ http = [], effect, annotations }: ToolManifest): string | undefined {
  if (http.length === 0) return undefined;
  if (!annotations.openWorldHint) return "it asks the network and its annotations do not say openWorldHint";
  if (effect.privacy < LEAST_PRIVACY) {
    return `its effect has privacy ${effect.privacy}, and what asks the network has at least ${LEAST_PRIVACY}`;
  }
  const writes = http.some(({ methods }) => methods.some((method) => method !== "GET" && method !== "HEAD"));
  if (writes && annotations.readOnlyHint)
    return "it may change things on the network and its annotations say that it only reads";
  const odd = http.find(({ origin, path }) => !isPlainUrl(origin, path));
  return odd && `its address ${safeText(odd.origin + odd.path, 120)} is not written as it is asked for`;
}

function askingProblem({ asks, result, effect }: ToolManifest): string | undefined {
  if (asks !== true) return undefined;
  if (result !== "content") return 'it asks its user and its result is not "content", in which it would';
  if (effect.privacy >= LEAST_PRIVACY_ASKING) return undefined;
  return `its effect has privacy ${effect.privacy}, and what asks a person has at least ${LEAST_PRIVACY_ASKING}`;
}

function isPlainUrl(origin: string, path: string): boolean {
  if (!URL.canParse(origin + path)) return false;
  const url = new URL(origin + path);
  return url.origin === origin && url.pathname === path;
}

function hostCallProblem(manifest: ToolManifest): string | undefined {
  // Those of a saved command are the shell's, and reach no further than its folders.
  if (manifest.shell !== undefined) return undefined;
  for (const name of manifest.hostCalls) {
    if (!PLUGIN_HOST_CALLS.has(name)) {
      const known = [...PLUGIN_HOST_CALLS.keys()].join(", ");
      return `its host call ${safeText(name, 64)} is not for deployed tools: there is ${known}`;
    }
    const needs = PLUGIN_HOST_CALLS.get(name);
    if (needs !== undefined && (manifest[needs]?.length ?? 0) === 0)
      return `its host call ${name} reaches nothing: it names no ${needs}`;
  }
  for (const [name, needs] of PLUGIN_HOST_CALLS) {
    if (needs !== undefined && (manifest[needs]?.length ?? 0) > 0 && !manifest.hostCalls.includes(name)) {
      return `it names ${needs} and its hostCalls do not list ${name}`;
    }
  }
  return undefined;
}
