import type { Call, Principal } from "../contract/call.ts";
import { holdsTool } from "../contract/capabilities.ts";
import { type Fault, fault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";
import { lowerLimits } from "../contract/limits.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { Authority, RootGrant } from "../contract/permit.ts";
import { safeText } from "../contract/safe-text.ts";
import { covers } from "../contract/topic.ts";
import type { PlacedPath } from "./call-subject.ts";
import { capabilitiesOf } from "./granted-roots.ts";
import type { NamedResource } from "./named-resources.ts";
import { placeInRoots } from "./paths.ts";

/** Actions on an agent that end it or keep it from running. */
const MANAGING: ReadonlySet<string> = new Set(["tool.agent.stop", "tool.agent.suspend", "tool.agent.resume"]);
const ENVIRONMENT = "tool.sys.env";
const SHOWN = 8;

/**
 * Says why a principal does not hold the tool of a call, or nothing. Templates are no tools: the host alone runs them, for
 * the agent whose message they handle, whatever tools that holds.
 */
export function toolNotHeld(call: Call, { kind, name }: ToolManifest): Fault | undefined {
  const { principal, handling } = call;
  if (kind === "template") {
    if (handling === true && principal.kind === "agent") return undefined;
    return denied(`${name} is a template and cannot be called: spawn an agent with it, then send that a message`, {
      tool: name,
    });
  }
  if (handling === true) return denied(`${name} is a tool and handles no messages: use a template`, { tool: name });
  const held = capabilitiesOf(principal)?.tools;
  if (held === undefined || holdsTool(held, name)) return undefined;
  return denied(`${shown(principal)} does not hold the tool ${name}: it holds ${listed(held)}`, { tool: name });
}

/**
 * Says that an environment variable is not one that the operator lists, whoever asks, and whether it is set or not; or
 * nothing.
 */
export function notListed(
  principal: Principal,
  listedNames: ReadonlySet<string>,
  named: readonly NamedResource[],
): Fault | undefined {
  const hidden = named.find(
    ({ kind, actions, id }) => kind === "name" && actions.includes(ENVIRONMENT) && !listedNames.has(id),
  );
  if (hidden === undefined) return undefined;
  return denied(
    `the environment variable ${safeText(hidden.id, 80)} is not one that ${shown(principal)} may read: the operator lists those in the configuration`,
  );
}

/**
 * Says why a principal may not use what a call names, or nothing: a directory that it may only read, an environment
 * variable, an agent or a topic beyond its reach.
 */
export function resourceNotHeld(
  principal: Principal,
  roots: readonly RootGrant[],
  paths: readonly PlacedPath[],
  named: readonly NamedResource[],
): Fault | undefined {
  if (capabilitiesOf(principal) === undefined) return undefined;
  for (const path of paths) {
    const why = notWritable(principal, roots, path);
    if (why !== undefined) return why;
  }
  for (const resource of named) {
    for (const action of resource.actions) {
      const why = outOfReach(principal, action, resource);
      if (why !== undefined) return why;
    }
  }
  return undefined;
}

/** The authority of a tool lowered to what a principal holds. */
export function authorityFor(authority: Authority, principal: Principal, roots: readonly RootGrant[]): Authority {
  const held = capabilitiesOf(principal);
  if (held === undefined) return authority;
  const { limits } = authority;
  return {
    ...authority,
    roots: narrowed(authority.roots, roots),
    limits: lowerLimits(limits, { ...limits, ...held.limits }),
  };
}

/** No roots for a tool that has none; read-only ones for a tool that only reads. */
function narrowed(ofTool: readonly RootGrant[], ofPrincipal: readonly RootGrant[]): readonly RootGrant[] {
  if (ofTool.length === 0) return [];
  const writes = ofTool.some(({ access }) => access === "read-write");
  return writes ? ofPrincipal : ofPrincipal.map((root) => ({ ...root, access: "read-only" }));
}

function notWritable(principal: Principal, roots: readonly RootGrant[], path: PlacedPath): Fault | undefined {
  if (!path.actions.some((action) => action.endsWith(".write") || action.endsWith(".delete"))) return undefined;
  const { root } = placeInRoots(roots, path.place.path) ?? {};
  if (root?.access === "read-write") return undefined;
  const writable = roots.filter(({ access }) => access === "read-write").map(({ guestPath }) => guestPath);
  return denied(
    `argument ${path.argument} "${safeText(path.place.path, 200)}" is read-only for ${shown(principal)}: it may write in ${listed(writable)}`,
    { roots: writable.slice(0, SHOWN).map((one) => safeText(one, 200)) },
  );
}

function outOfReach(principal: Principal, action: string, resource: NamedResource): Fault | undefined {
  const held = capabilitiesOf(principal);
  if (held === undefined) return undefined;
  switch (resource.kind) {
    case "name":
      if (action !== ENVIRONMENT || held.env.includes(resource.id)) return undefined;
      return denied(
        `${shown(principal)} does not hold the environment variable ${safeText(resource.id, 80)}: it holds ${listed(held.env)}`,
      );
    case "topic":
      if (held.ipc.topics.some((pattern) => covers(pattern, resource.id))) return undefined;
      return denied(
        `the topic ${safeText(resource.id, 200)} is beyond the scope of ${shown(principal)}: it holds ${listed(held.ipc.topics)}`,
        { topics: held.ipc.topics.slice(0, SHOWN).map((one) => safeText(one, 200)) },
      );
    case "agent":
      return agentOutOfReach(principal, action, resource, held.ipc.agents);
  }
}

/** Reading about agents needs the tool alone. Whatever is neither that nor managing reaches an agent as a message does. */
function agentOutOfReach(
  principal: Principal,
  action: string,
  { pid, relation }: Extract<NamedResource, { kind: "agent" }>,
  reach: "none" | "self" | "children" | "all",
): Fault | undefined {
  if (action.endsWith(".read")) return undefined;
  const below = relation === "self" || relation === "child";
  if (MANAGING.has(action)) {
    if (below) return undefined;
    return denied(`pid ${pid} is not below ${shown(principal)}: an agent manages itself and what it has spawned`, {
      pid,
    });
  }
  const reached = reach === "all" || (reach === "children" && below) || (reach === "self" && relation === "self");
  if (reached) return undefined;
  return denied(`pid ${pid} is beyond the scope of ${shown(principal)}: it may send to ${REACHES[reach]}`, { pid });
}

const REACHES = {
  none: "nobody",
  self: "itself",
  children: "itself and what it has spawned",
  all: "anyone",
} as const;

const denied = (message: string, data?: Record<string, Json>): Fault =>
  fault("gate", "permission-denied", message, data);

const shown = ({ kind, id }: Principal): string => `${kind} ${safeText(id, 60)}`;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const first = names.slice(0, SHOWN).map((name) => safeText(name, 80));
  return first.join(", ") + (names.length > SHOWN ? `, and ${names.length - SHOWN} more` : "");
}
