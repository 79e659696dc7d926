import type { JsonObject } from "../contract/json.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { CallFacts } from "../gate/gate.ts";
import { placeInRoots } from "../gate/paths.ts";
import { probePath } from "../store/wasi/probe.ts";
import type { Stages } from "./stages.ts";

/**
 * Looks up what the gate has to know of the world before it scores an effect: whether a write would hit something
 * that is there already. Only for arguments that the gate asks about, and by the same contained walk that the
 * guest's own opens take, so the question itself cannot look outside the roots.
 */
export function probeTargets(
  stages: Pick<Stages, "gate" | "roots" | "protectedPaths">,
  manifest: ToolManifest,
  args: JsonObject,
): CallFacts {
  const targets: Record<string, CallFacts["targets"][string]> = {};
  for (const argument of stages.gate.needsFacts(manifest)) {
    const path = args[argument];
    if (typeof path !== "string") continue;
    const place = placeInRoots(stages.roots, path);
    if (place === undefined) continue;
    targets[argument] = { kind: probePath(place.root, place.relative, stages.protectedPaths).kind };
  }
  return { targets };
}
