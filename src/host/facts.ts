import type { Call } from "../contract/call.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { AgentFact, CallFacts } from "../gate/gate.ts";
import { rootsOf } from "../gate/granted-roots.ts";
import { placeInRoots } from "../gate/paths.ts";
import { probePath } from "../store/wasi/probe.ts";
import type { Stages } from "./stages.ts";

/** Says who has a pid and where that one stands to the caller, whose own pid is 0 where it has none. */
export type AgentFacts = (pid: number, callerPid: number) => AgentFact;

/**
 * Looks up what the gate has to know of the world before it decides: whether a write would hit something that is there
 * already, and whose the pids are that a call names. Paths only where the gate asks, inside the caller's own roots, and
 * by the same contained walk that the guest's own opens take, so the question itself cannot look outside.
 */
export function probeTargets(
  stages: Pick<Stages, "gate" | "roots" | "protectedPaths" | "agentFacts">,
  manifest: ToolManifest,
  call: Call,
): CallFacts {
  const targets: Record<string, CallFacts["targets"][string]> = {};
  const { args, principal } = call;
  for (const argument of stages.gate.needsFacts(manifest)) {
    const path = argumentOf(args, argument);
    if (typeof path !== "string") continue;
    const own = placeInRoots(rootsOf(principal, stages.roots), path);
    // Looked at from the host's own root, which is held open anyhow.
    const place = own && placeInRoots(stages.roots, own.path);
    if (place === undefined) continue;
    targets[argument] = { kind: probePath(place.root, place.relative, stages.protectedPaths).kind };
  }
  for (const { argument, kind } of manifest.resources) {
    const pid = argumentOf(args, argument);
    if (kind !== "agent" || stages.agentFacts === undefined || !Number.isSafeInteger(pid)) continue;
    targets[argument] = stages.agentFacts(pid as number, principal.pid ?? 0);
  }
  return { targets };
}

const argumentOf = (args: JsonObject, name: string) => (Object.hasOwn(args, name) ? args[name] : undefined);
