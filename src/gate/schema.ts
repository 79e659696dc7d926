import { EFFECT_DIMENSIONS } from "../contract/effect.ts";
import type { ResourceKind, ToolManifest } from "../contract/manifest.ts";
import type { SchemaJson } from "./cedar.ts";
import { KERNEL_ACTIONS, type ResourceType } from "./kernel-actions.ts";

/** Cedar's entity types for those who call, by principal kind. */
export const PRINCIPAL_TYPES = { client: "Client", agent: "Agent", operator: "Operator" } as const;

const STRING = { type: "String" } as const;
const WORD = { type: "String", required: false } as const;
const LONG = { type: "Long" } as const;
const FLAG = { type: "Boolean", required: false } as const;

/**
 * The Cedar schema of a set of tools (Cedar 4, JSON schema format): what a policy can speak of. Sorted, so equal
 * manifests give equal text.
 *
 * - principals `Client`, `Agent`, `Operator`
 * - resources `Path` (in the directories above it; `name`, `extension` without its dot, `root`, `relative`), `Agent` (in the
 *   agent that calls where that has spawned it; `relation`, `template`), `Topic` (in the topics that it begins with; `name`,
 *   `pattern`), `Name` (`name`), and `Tool` where a call names none of these
 * - an action per gate action, in groups by its dotted prefixes: `tool.fs.read` is in `tool.fs`, which is in `tool`
 * - context: `tool`, `environment`, `effect` (dimensions and `score` in thousandths, rounded up), and where they are
 *   known `recursive`, `append`, `overwrites`, `contentBytes`
 */
export function schemaOf(manifests: readonly ToolManifest[]): SchemaJson<string> {
  const kinds = resourceKinds(manifests);
  const groups = new Set<string>();
  for (const action of kinds.keys()) for (const group of prefixesOf(action)) groups.add(group);

  const actions: SchemaJson<string>[string]["actions"] = {};
  for (const name of [...new Set([...kinds.keys(), ...groups])].sort()) {
    const resourceTypes = kinds.get(name);
    const parent = parentOf(name);
    actions[name] = {
      ...(parent !== undefined && { memberOf: [{ id: parent }] }),
      ...(resourceTypes !== undefined && {
        appliesTo: {
          principalTypes: Object.values(PRINCIPAL_TYPES).sort(),
          resourceTypes: [...resourceTypes].sort(),
          context: contextType(),
        },
      }),
    };
  }
  return {
    "": {
      entityTypes: {
        // Optional, because the agent that calls has none: a policy asks with `has` first.
        Agent: {
          memberOfTypes: ["Agent"],
          shape: { type: "Record", attributes: { relation: WORD, template: WORD } },
        },
        Client: {},
        Name: { shape: { type: "Record", attributes: { name: STRING } } },
        Operator: {},
        Path: {
          memberOfTypes: ["Path"],
          shape: { type: "Record", attributes: { name: STRING, extension: STRING, root: STRING, relative: STRING } },
        },
        Tool: {},
        Topic: {
          memberOfTypes: ["Topic"],
          shape: { type: "Record", attributes: { name: STRING, pattern: { type: "Boolean" } } },
        },
      },
      actions,
    },
  };
}

/** The groups that an action is in, innermost first: `tool.fs` and `tool` for `tool.fs.read`. */
function prefixesOf(action: string): readonly string[] {
  const prefixes: string[] = [];
  for (let name = parentOf(action); name !== undefined; name = parentOf(name)) prefixes.push(name);
  return prefixes;
}

function parentOf(name: string): string | undefined {
  const dot = name.lastIndexOf(".");
  return dot === -1 ? undefined : name.slice(0, dot);
}

/** Cedar's entity types of what arguments name. */
export const RESOURCE_TYPES: Readonly<Record<ResourceKind, ResourceType>> = {
  path: "Path",
  agent: "Agent",
  topic: "Topic",
  name: "Name",
};

/** Each action that policies can speak of, and the types of resource that it is decided on. */
export const knownActions = (manifests: readonly ToolManifest[]): ReadonlyMap<string, ReadonlySet<string>> =>
  resourceKinds(manifests);

/** Says which action of a tool no policy can speak of, or nothing. */
export function unknownAction(
  { action, resources }: ToolManifest,
  known: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  if (known.get(action)?.has("Tool") !== true) return `no policy knows its action ${action}`;
  for (const { kind, actions } of resources) {
    const odd = actions.find((one) => known.get(one)?.has(RESOURCE_TYPES[kind]) !== true);
    if (odd !== undefined) return `no policy knows its action ${odd} on a ${kind}`;
  }
  return undefined;
}

/** On which types of resource each action is decided: what arguments name, or else the tool itself. */
function resourceKinds(manifests: readonly ToolManifest[]): ReadonlyMap<string, ReadonlySet<ResourceType>> {
  const kinds = new Map<string, Set<ResourceType>>();
  for (const [action, types] of Object.entries(KERNEL_ACTIONS)) kinds.set(action, new Set(types));
  const note = (action: string, type: ResourceType): void => {
    const types = kinds.get(action);
    if (types === undefined) kinds.set(action, new Set([type]));
    else types.add(type);
  };
  for (const { action, resources } of manifests) {
    // A call that leaves out all that it could name is decided on the tool.
    if (resources.every((resource) => resource.default === undefined)) note(action, "Tool");
    for (const resource of resources) for (const named of resource.actions) note(named, RESOURCE_TYPES[resource.kind]);
  }
  return kinds;
}

function contextType() {
  const effect: Record<string, typeof LONG> = {};
  for (const dimension of EFFECT_DIMENSIONS) effect[dimension] = LONG;
  return {
    type: "Record" as const,
    attributes: {
      tool: STRING,
      environment: STRING,
      effect: { type: "Record" as const, attributes: { ...effect, score: LONG } },
      recursive: FLAG,
      append: FLAG,
      overwrites: FLAG,
      contentBytes: { type: "Long" as const, required: false },
    },
  };
}
