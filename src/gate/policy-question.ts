import type { Principal } from "../contract/call.ts";
import type { Environment } from "../contract/decision.ts";
import { EFFECT_DIMENSIONS, type EffectScore, type EffectVector } from "../contract/effect.ts";
import type { RootGrant } from "../contract/permit.ts";
import type { CallSubject } from "./call-subject.ts";
import type { NamedResource } from "./named-resources.ts";
import { namedAncestors, type Place } from "./paths.ts";
import type { PolicyQuestion } from "./policy-engine.ts";
import type { PolicyReads } from "./policy-reads.ts";
import { PRINCIPAL_TYPES, RESOURCE_TYPES } from "./schema.ts";

/** What all questions about one call have in common. */
export interface CallContext {
  readonly key: string;
  readonly principal: { readonly type: string; readonly id: string };
  /** Built only where Cedar is asked: most questions have been answered before. */
  context(): Record<string, string | number | boolean | Record<string, number>>;
}

/** Sums up a call for Cedar. `contentBytes` is left out where no policy reads it: it differs from call to call. */
export function contextOf(
  principal: Principal,
  tool: string,
  environment: Environment,
  effect: EffectScore,
  subject: CallSubject,
  reads: PolicyReads,
): CallContext {
  const { recursive, append, overwrites } = subject;
  const contentBytes = reads.contentBytes ? subject.contentBytes : undefined;
  const type = PRINCIPAL_TYPES[principal.kind];
  let numbers = "";
  for (const dimension of EFFECT_DIMENSIONS) numbers += `${inThousandths(effect.vector[dimension])},`;
  const score = inThousandths(effect.score);
  return {
    // Lengths first, so that no two different calls can share a key.
    key: `${type}|${principal.id.length}|${principal.id}|${tool}|${environment}|${numbers}${score}|${recursive}|${append}|${overwrites}|${contentBytes}`,
    principal: { type, id: principal.id },
    context: () => ({
      tool,
      environment,
      effect: { ...inWholeNumbers(effect.vector), score },
      ...(recursive !== undefined && { recursive }),
      ...(append !== undefined && { append }),
      ...(overwrites !== undefined && { overwrites }),
      ...(contentBytes !== undefined && { contentBytes }),
    }),
  };
}

function inWholeNumbers(vector: EffectVector): Record<string, number> {
  const thousandths: Record<string, number> = {};
  for (const dimension of EFFECT_DIMENSIONS) thousandths[dimension] = inThousandths(vector[dimension]);
  return thousandths;
}

/** Asks for one action on a path. */
export function questionOnPath(
  call: CallContext,
  action: string,
  place: Place,
  roots: readonly RootGrant[],
  reads: PolicyReads,
): PolicyQuestion {
  return {
    key: `${call.key}|${action}|Path|${keyOfPlace(place, roots, reads)}`,
    request: () => ({
      principal: call.principal,
      action: { type: "Action", id: action },
      resource: { type: "Path", id: place.path },
      context: call.context(),
      entities: [
        {
          uid: { type: "Path", id: place.path },
          attrs: attributesOf(place),
          // All directories above that a policy could mean, at once: Cedar need not walk the hierarchy.
          parents: namedAncestors(roots, place.path, reads.paths).map((id) => ({ type: "Path", id })),
        },
      ],
    }),
  };
}

/** What of a path the policies can tell apart; NUL is in no path. */
function keyOfPlace(
  { path, root }: Place,
  roots: readonly RootGrant[],
  { pathAttributes, paths }: PolicyReads,
): string {
  if (pathAttributes) return `\0${path}`;
  if (paths.size === 0) return root.guestPath;
  const itself = paths.has(path) ? path : "";
  return `${root.guestPath}\0${itself}\0${namedAncestors(roots, path, paths).join("\0")}`;
}

/** Asks for one action of a tool that names no resource. */
export function questionOnTool(call: CallContext, action: string, tool: string): PolicyQuestion {
  return {
    key: `${call.key}|${action}|Tool|${tool}`,
    request: () => ({
      principal: call.principal,
      action: { type: "Action", id: action },
      resource: { type: "Tool", id: tool },
      context: call.context(),
      entities: [],
    }),
  };
}

/** Asks for one action on an agent, a topic or a name. All that is told of it is in the key. */
export function questionOnNamed(call: CallContext, action: string, resource: NamedResource): PolicyQuestion {
  const uid = { type: RESOURCE_TYPES[resource.kind], id: resource.id };
  return {
    key: `${call.key}|${action}|${uid.type}|${uid.id.length}|${uid.id}${resource.kind === "agent" ? `|${resource.relation}|${resource.template}` : ""}`,
    request: () => ({
      principal: call.principal,
      action: { type: "Action", id: action },
      resource: uid,
      context: call.context(),
      entities: [{ uid, attrs: attributesOfNamed(resource), parents: parentsOf(call, resource) }],
    }),
  };
}

function attributesOfNamed(resource: NamedResource): Record<string, string | boolean> {
  switch (resource.kind) {
    case "name":
      return { name: resource.id };
    case "topic":
      return { name: resource.id, pattern: resource.id.includes("*") };
    case "agent":
      return { relation: resource.relation, ...(resource.template !== undefined && { template: resource.template }) };
  }
}

/**
 * What a resource is in. An agent is in the agent that calls where that has spawned it. A topic is in the topics that it
 * begins with, a pattern in those that all it matches begin with.
 */
function parentsOf({ principal }: CallContext, resource: NamedResource): { type: string; id: string }[] {
  if (resource.kind === "agent") {
    return resource.relation === "child" && principal.type === PRINCIPAL_TYPES.agent ? [principal] : [];
  }
  if (resource.kind === "name") return [];
  const segments = resource.id.split(".");
  const fixed = segments.findIndex((segment) => segment.includes("*"));
  const above = fixed === -1 ? segments.length - 1 : fixed;
  return segments.slice(0, above).map((_, at) => ({ type: "Topic", id: segments.slice(0, at + 1).join(".") }));
}

function attributesOf({ path, relative, root }: Place): Record<string, string> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return { name, extension: dot > 0 ? name.slice(dot + 1) : "", root: root.guestPath, relative };
}

/** Cedar has whole numbers only. Rounded up, so that a rule "at most" never lets more through than it says. */
const inThousandths = (value: number): number => Math.ceil(Math.round(value * 1e6) / 1e3);
