import { type Fault, fault } from "../contract/fault.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";
import type { CallFacts } from "./placed-paths.ts";

/** Where an agent stands to the caller; `child` is whatever it has spawned, or that has, however far down. */
export type AgentRelation = "self" | "child" | "parent" | "other" | "missing";

/** What the host knows of the agent that an argument names by its pid. */
export interface AgentFact {
  readonly kind: "agent";
  /** Its agent id; anything where there is none. */
  readonly id: string;
  readonly relation: AgentRelation;
  readonly template?: string;
}

/** What an argument names that is no path. */
export type NamedResource = { readonly argument: string; readonly actions: readonly string[] } & (
  | {
      readonly kind: "agent";
      readonly pid: number;
      readonly id: string;
      readonly relation: AgentRelation;
      readonly template: string | undefined;
    }
  | { readonly kind: "topic" | "name"; readonly id: string }
);

const MAX_NAME = 4096;
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/**
 * Finds what the arguments of a call name beside paths: `permission-denied` for what can name nothing, and for a pid of
 * which nobody has said whose it is, because a rule about an agent could not be kept.
 */
export function nameResources(
  manifest: ToolManifest,
  args: JsonObject,
  facts: CallFacts,
): { readonly named: readonly NamedResource[] } | Fault {
  const named: NamedResource[] = [];
  for (const { argument, kind, actions, default: standIn } of manifest.resources) {
    if (kind === "path") continue;
    const value = Object.hasOwn(args, argument) ? args[argument] : standIn;
    if (value === undefined) continue;
    if (kind !== "agent") {
      if (typeof value !== "string" || value === "" || value.length > MAX_NAME || LONE_SURROGATE.test(value)) {
        return fault("gate", "permission-denied", `argument ${argument} is not a ${kind}`);
      }
      named.push({ argument, kind, actions, id: value });
      continue;
    }
    if (!Number.isSafeInteger(value)) return fault("gate", "permission-denied", `argument ${argument} is not a pid`);
    const pid = value as number;
    const fact = Object.hasOwn(facts.targets, argument) ? facts.targets[argument] : undefined;
    if (fact?.kind !== "agent") {
      return fault("gate", "permission-denied", `nobody can say whose pid ${pid} is: argument ${argument}`);
    }
    const { relation, template } = fact;
    // No agent id holds a colon, so nothing else is called so.
    const id = relation === "missing" ? `pid:${pid}` : fact.id;
    named.push({ argument, kind, actions, pid, id, relation, template });
  }
  return { named };
}

/** How records and questions write what is named. */
export function shownResource(resource: NamedResource): string {
  const { id } = resource;
  return resource.kind === "agent" ? `agent ${safeText(id, 80)} (pid ${resource.pid})` : `${resource.kind} ${id}`;
}
