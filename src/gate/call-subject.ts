import type { JsonObject } from "../contract/json.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { NamedResource } from "./named-resources.ts";
import type { Place } from "./paths.ts";

/** What the host found at the place that a path argument names; absent means that nobody looked. */
export type TargetKind = "missing" | "file" | "directory" | "symlink" | "other" | "denied";

/** A path argument of a call that lies inside the roots. */
export interface PlacedPath {
  readonly argument: string;
  readonly place: Place;
  readonly actions: readonly string[];
  readonly kind: TargetKind | undefined;
}

/** One path of a call, and what its effect is scored on. */
export interface PathSubject extends PlacedPath {
  /** Last component of the path, lower case and in NFC: names are compared as a case-folding file system would. */
  readonly name: string;
  /** Components below the root, folded like `name`. */
  readonly parts: readonly string[];
}

/** What the effect of one call is scored on. */
export interface CallSubject {
  /** The tool changes something. */
  readonly effectful: boolean;
  readonly args: JsonObject;
  /** The gate actions that are decided: those on what it names, or else the tool's own. */
  readonly actions: readonly string[];
  readonly paths: readonly PathSubject[];
  readonly named: readonly NamedResource[];
  readonly recursive: boolean | undefined;
  readonly append: boolean | undefined;
  /** Whether it puts something in the place of what is there; `undefined` where it does not apply. */
  readonly overwrites: boolean | undefined;
  /** UTF-8 bytes of a `content` argument. */
  readonly contentBytes: number | undefined;
}

/** Sums up a call whose paths have been placed. */
export function subjectOf(
  manifest: ToolManifest,
  args: JsonObject,
  placed: readonly PlacedPath[],
  named: readonly NamedResource[] = [],
): CallSubject {
  const effectful = !manifest.annotations.readOnlyHint;
  const paths = placed.map(subjectOfPath);
  const append = flag(manifest, args, "append");
  const content = Object.hasOwn(args, "content") ? args.content : undefined;
  return {
    effectful,
    args,
    actions: actionsOf(manifest, placed, named),
    paths,
    named,
    recursive: flag(manifest, args, "recursive"),
    append,
    overwrites: effectful
      ? overwrites(paths, append === true || flag(manifest, args, "overwrite") === false)
      : undefined,
    contentBytes: typeof content === "string" ? Buffer.byteLength(content) : undefined,
  };
}

/** The gate actions that are decided on what a call names, each once; where it names nothing, the tool's own. */
export function actionsOf(
  manifest: ToolManifest,
  placed: readonly Pick<PlacedPath, "actions">[],
  named: readonly Pick<NamedResource, "actions">[],
): readonly string[] {
  const actions = [...placed, ...named].flatMap((resource) => resource.actions);
  return actions.length === 0 ? [manifest.action] : [...new Set(actions)];
}

/** A path argument that is only written to: not also read from or removed, as the source of a move is. */
export function isDestination(actions: readonly string[]): boolean {
  return actions.some((action) => action.endsWith(".write")) && !actions.some(isSourceAction);
}

const isSourceAction = (action: string): boolean => action.endsWith(".read") || action.endsWith(".delete");

function overwrites(paths: readonly PathSubject[], keeps: boolean): boolean | undefined {
  let known: boolean | undefined;
  for (const { actions, kind } of paths) {
    if (!isDestination(actions)) continue;
    // What nobody could look at may be there: doubt counts as an overwrite.
    known = (known ?? false) || (!keeps && kind !== "missing" && kind !== "directory");
  }
  return known;
}

function subjectOfPath({ argument, place, actions, kind }: PlacedPath): PathSubject {
  const text = place.relative === "" ? place.path.slice(place.path.lastIndexOf("/") + 1) : place.relative;
  const parts = text.normalize("NFC").toLowerCase().split("/");
  return { argument, place, actions, kind, name: parts[parts.length - 1] as string, parts };
}

/** A boolean argument, or the default that the manifest's schema gives it. */
function flag(manifest: ToolManifest, args: JsonObject, name: string): boolean | undefined {
  const given = Object.hasOwn(args, name) ? args[name] : undefined;
  if (typeof given === "boolean") return given;
  const properties = manifest.parameters.properties;
  if (typeof properties !== "object" || properties === null || Array.isArray(properties)) return undefined;
  const property = (properties as JsonObject)[name];
  if (typeof property !== "object" || property === null || Array.isArray(property)) return undefined;
  const fallback = (property as JsonObject).default;
  return typeof fallback === "boolean" ? fallback : undefined;
}
