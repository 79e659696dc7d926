import type { PolicyJson } from "./cedar.ts";

/**
 * What a set of policies can tell apart, so that questions which they must answer alike share one answer. Always at
 * least what Cedar could look at: in doubt it is everything.
 */
export interface PolicyReads {
  readonly contentBytes: boolean;
  /** Whether a policy reads an attribute of a path that differs between two paths in the same directory. */
  readonly pathAttributes: boolean;
  /** Every path that a policy names; other than by attributes a policy can only compare a path with these. */
  readonly paths: ReadonlySet<string>;
}

/** For policies that could not be read: assume that they look at everything. */
export const READS_ALL: PolicyReads = { contentBytes: true, pathAttributes: true, paths: new Set() };

const PATH_ATTRIBUTES = ["name", "extension", "relative"];

/**
 * Works out what policies read from their JSON form (docs.cedarpolicy.com/policies/json-format). An entity can be
 * compared (`==`, `in`, `contains`, …), asked for its type, or asked for an attribute: so a path matters to a policy
 * by the paths that the policy names, by its type, or by attributes whose names stand in the policy.
 */
export function readsOf(policies: readonly PolicyJson[]): PolicyReads {
  const text = JSON.stringify(policies);
  const paths = new Set<string>();
  collectPaths(policies, paths);
  return {
    contentBytes: text.includes('"contentBytes"') || usesWholeContext(policies),
    pathAttributes: PATH_ATTRIBUTES.some((attribute) => text.includes(`"${attribute}"`)),
    paths,
  };
}

/** Collects every path that a policy names, wherever it stands. */
export function collectPaths(value: unknown, paths: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  const { type, id } = value as { type?: unknown; id?: unknown };
  if (type === "Path" && typeof id === "string") paths.add(id);
  for (const inner of Object.values(value)) collectPaths(inner, paths);
}

/** Whether an expression uses `context` as a value of its own rather than one attribute of it. */
function usesWholeContext(value: unknown, parent = ""): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => usesWholeContext(item));
  for (const [key, inner] of Object.entries(value)) {
    if (key === "Var" && inner === "context") return parent !== "." && parent !== "has";
    if (key === "." || key === "has") {
      if (usesWholeContext((inner as { left?: unknown }).left, key)) return true;
    } else if (usesWholeContext(inner)) return true;
  }
  return false;
}
