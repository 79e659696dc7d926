import type { Principal } from "../contract/call.ts";
import { type Capabilities, isWithinPath, NO_CAPABILITIES, type RootCapability } from "../contract/capabilities.ts";
import type { RootGrant } from "../contract/permit.ts";
import { normalise, type Place, placeInRoots } from "./paths.ts";

/** What a principal holds; undefined where that is all that the host does. An agent that was given nothing holds nothing. */
export function capabilitiesOf({ kind, capabilities }: Principal): Capabilities | undefined {
  return capabilities ?? (kind === "agent" ? NO_CAPABILITIES : undefined);
}

/**
 * The part of the host's roots that a principal may use, in the order of its capabilities, so that its relative paths begin
 * at its own first root. Never more than both give: a directory below a root of the host becomes a root by itself, a root
 * of the host below it stays one, and access is the lesser of the two. What is not on this host grants nothing.
 */
export function rootsOf(principal: Principal, roots: readonly RootGrant[]): readonly RootGrant[] {
  const held = capabilitiesOf(principal)?.roots;
  if (held === undefined) return roots;
  const granted = new Map<string, RootGrant>();
  for (const { path } of held) {
    if (!path.startsWith("/") || normalise(path) !== path) continue;
    const place = placeInRoots(roots, path);
    // Capabilities are in the guest's spelling: the host's own would be another directory to the rest of the gate.
    const own = place?.path === path ? [below(place)] : [];
    for (const grant of [...own, ...roots.filter(({ guestPath }) => isWithinPath(path, guestPath))]) {
      if (!granted.has(grant.guestPath)) granted.set(grant.guestPath, { ...grant, access: lesser(grant, held) });
    }
  }
  return [...granted.values()];
}

function below({ root, relative, path }: Place): RootGrant {
  if (relative === "") return root;
  const base = root.hostPath === "/" ? "" : root.hostPath;
  return { ...root, guestPath: path, hostPath: `${base}/${relative}`, inside: root.inside ?? root.hostPath };
}

/** A capability for an outer directory also holds in an inner one: access is the most that any of them gives. */
function lesser({ guestPath, access }: RootGrant, held: readonly RootCapability[]): RootGrant["access"] {
  const writable = held.some((own) => own.access === "read-write" && isWithinPath(own.path, guestPath));
  return writable ? access : "read-only";
}
