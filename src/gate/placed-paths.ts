import { type Fault, fault } from "../contract/fault.ts";
import type { History } from "../contract/history.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { RootGrant } from "../contract/permit.ts";
import { safeText } from "../contract/safe-text.ts";
import type { PlacedPath, TargetKind } from "./call-subject.ts";
import type { AgentFact } from "./named-resources.ts";
import { placeInRoots } from "./paths.ts";

/** What the host has looked up for one call. What is absent is unknown, and counts as the worst. */
export interface CallFacts {
  /** By argument name. */
  readonly targets: Readonly<Record<string, { readonly kind: TargetKind } | AgentFact>>;
  /** What principals have done before; without it novelty and fairness are not scored. */
  readonly history?: History;
}

const SHOWN_ROOTS = 8;

/**
 * Places every path argument of a call inside the roots of its principal, taking the manifest's default for an absent one;
 * a `permission-denied` that lists them where one does not lie in any, or is no text. The place that it answers is the one
 * in the roots of the host, so that policy and effect see the same path alike whoever names it.
 */
export function placePaths(
  manifest: ToolManifest,
  args: JsonObject,
  facts: CallFacts,
  roots: readonly RootGrant[],
  hostRoots: readonly RootGrant[] = roots,
): { readonly paths: readonly PlacedPath[] } | Fault {
  const paths: PlacedPath[] = [];
  for (const { argument, kind: names, actions, default: standIn } of manifest.resources) {
    if (names !== "path") continue;
    const value = Object.hasOwn(args, argument) ? args[argument] : standIn;
    if (value === undefined) continue;
    if (typeof value !== "string") return fault("gate", "permission-denied", `argument ${argument} is not a path`);
    const own = manifest.filesystem === "none" ? undefined : placeInRoots(roots, value);
    const place = own === undefined || roots === hostRoots ? own : placeInRoots(hostRoots, own.path);
    if (place === undefined) return outside(manifest, argument, value, roots);
    const kind = Object.hasOwn(facts.targets, argument) ? facts.targets[argument]?.kind : undefined;
    paths.push({ argument, place, actions, kind: kind === "agent" ? undefined : kind });
  }
  return { paths };
}

function outside(manifest: ToolManifest, argument: string, value: string, roots: readonly RootGrant[]): Fault {
  const said = `argument ${argument} "${safeText(value, 200)}"`;
  if (manifest.filesystem === "none" || roots.length === 0) {
    const why = roots.length === 0 ? "no roots are granted" : `${manifest.name} has no access to files`;
    return fault("gate", "permission-denied", `${said} cannot be reached: ${why}`, { roots: [] });
  }
  const shown = roots.map(({ guestPath }) => safeText(guestPath, 200));
  const list = shown.slice(0, SHOWN_ROOTS).join(", ") + (shown.length > SHOWN_ROOTS ? ", …" : "");
  return fault("gate", "permission-denied", `${said} is outside the roots: use a path inside ${list}`, {
    roots: shown,
  });
}
