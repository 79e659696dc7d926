import type { JsonObject } from "../contract/json.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { RootGrant } from "../contract/permit.ts";

/** Bytes of the longest path that is looked at (Linux PATH_MAX; POSIX.1-2024 <limits.h>). */
export const PATH_BYTES = 4096;

const LONE_SURROGATE = /[\ud800-\udfff]/u;
/** A path that is its own normal form already: absolute, no empty, `.` or `..` component, no trailing slash. */
const NORMAL = /^(?:\/(?!\.{1,2}(?:\/|$))[^/]+)+$/;

/** Where a path lies. */
export interface Place {
  readonly root: RootGrant;
  /** Below the root, without a leading slash; empty for the root itself. */
  readonly relative: string;
  /** The one spelling that policy and records speak of: the root's `guestPath` and `relative`. */
  readonly path: string;
}

/**
 * Finds the root that a path lies in, by whole components: `/data` does not hold `/data-old`. A path is absolute
 * (in the spelling of a root's `guestPath` or of its `hostPath`) or relative to the first root; `.`, `..` and
 * repeated slashes are resolved lexically, so this says what a path names and not what a symbolic link makes of
 * it: containment against links and races is the store's. Of nested roots the innermost is taken.
 *
 * Answers `undefined` for everything outside, for no roots at all, and for what can name no file: an empty path, NUL,
 * half of a surrogate pair, more than {@link PATH_BYTES} bytes.
 */
export function placeInRoots(roots: readonly RootGrant[], text: string): Place | undefined {
  const first = roots[0];
  if (first === undefined || text === "" || text.length > PATH_BYTES || text.includes("\0")) return undefined;
  if (LONE_SURROGATE.test(text) || Buffer.byteLength(text) > PATH_BYTES) return undefined;
  const path = normalise(text.startsWith("/") ? text : `${first.guestPath}/${text}`);
  return innermost(roots, path, "guestPath") ?? innermost(roots, path, "hostPath");
}

/** Resolves `.`, `..` and repeated slashes of an absolute path without looking at any file; `/..` is `/`. */
export function normalise(path: string): string {
  if (NORMAL.test(path)) return path;
  const kept: string[] = [];
  for (const component of path.split("/")) {
    if (component === "" || component === ".") continue;
    if (component === "..") kept.pop();
    else kept.push(component);
  }
  return `/${kept.join("/")}`;
}

/** What of `path` is below `root`, or `undefined` when it is not below it. Both are normal. */
export function below(root: string, path: string): string | undefined {
  if (root === "/") return path.slice(1);
  if (!path.startsWith(root)) return undefined;
  if (path.length === root.length) return "";
  return path.charCodeAt(root.length) === 0x2f ? path.slice(root.length + 1) : undefined;
}

function innermost(roots: readonly RootGrant[], path: string, spelling: "guestPath" | "hostPath"): Place | undefined {
  let found: { root: RootGrant; relative: string } | undefined;
  for (const root of roots) {
    const relative = below(root[spelling], path);
    if (relative === undefined) continue;
    if (found === undefined || root[spelling].length > found.root[spelling].length) found = { root, relative };
  }
  if (found === undefined) return undefined;
  const { root, relative } = found;
  if (spelling === "guestPath") return { root, relative, path };
  const base = root.guestPath === "/" ? "" : root.guestPath;
  return { root, relative, path: relative === "" ? root.guestPath : `${base}/${relative}` };
}

/**
 * Which of the named directories lie above a path and in a root, for `resource in Path::"…"` in a policy. With nested
 * roots they reach up to the outermost, so that a rule about a directory also holds through a root inside it. Takes
 * time by the number of names, not by the depth of the path.
 */
export function namedAncestors(roots: readonly RootGrant[], path: string, names: Iterable<string>): readonly string[] {
  let outermost = path.length;
  for (const { guestPath } of roots) {
    if (guestPath.length < outermost && below(guestPath, path) !== undefined) outermost = guestPath.length;
  }
  const above: string[] = [];
  for (const name of names) {
    if (name.length >= outermost && name !== path && below(name, path) !== undefined) above.push(name);
  }
  return above;
}

/**
 * The arguments with every path argument in the spelling that the gate decided on, so that the guest is given what
 * was permitted. Arguments that name nothing inside the roots stay as they are: the gate has refused those.
 */
export function withPlacedPaths(manifest: ToolManifest, args: JsonObject, roots: readonly RootGrant[]): JsonObject {
  let placed: Record<string, JsonObject[string]> | undefined;
  for (const { argument, kind } of manifest.resources) {
    if (kind !== "path") continue;
    const value = Object.hasOwn(args, argument) ? args[argument] : undefined;
    if (typeof value !== "string") continue;
    const place = placeInRoots(roots, value);
    if (place === undefined || place.path === value) continue;
    placed ??= { ...args };
    placed[argument] = place.path;
  }
  return placed ?? args;
}
