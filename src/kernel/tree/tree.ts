import type { JsonObject } from "../../contract/json.ts";
import type { Change, StateReader } from "../../contract/state.ts";
import { DIRECTORIES } from "./directories.ts";
import { mutations, PARTS, type Part } from "./mutations.ts";
import { joinNode, type NodeDraft, placeNode, type TreeNode } from "./node.ts";
import { type KnownNode, valuesNode } from "./values.ts";

/** What the tree shows beside the state: the same while a host runs. */
export interface TreeOptions {
  /** Those that ship, by dotted name, with what tells two versions of a tool apart. */
  readonly tools: readonly { readonly name: string; readonly metadata: JsonObject }[];
  readonly services: readonly { readonly name: string; readonly type: string }[];
}

/** The tree of all that there is: `/tools`, `/agents`, `/topics`, `/services`, `/cron` and `/kv`. */
export interface ResourceTree {
  /** The tree of a state that is committed. Keeps what it read, until the state says that it was altered. */
  committed(state: StateReader): TreeNode;
  /** The tree of the state in the hands of a change. */
  within(state: StateReader): TreeNode;
  /** The change that records the root as `tree.root`, prepared on a state that is committed; for before each checkpoint. */
  recordRoot(committed: StateReader): Change<null>;
}

/** How often the state's parts of the tree were altered, all together. */
export function mutationCount(state: StateReader): number {
  return PARTS.reduce((sum, part) => sum + (mutations(state, part) ?? 0), 0);
}

export function createTree(options: TreeOptions): ResourceTree {
  const shipped = options.tools.map(({ name, metadata }) => ({ name, kind: "tool", metadata }));
  const services = directory(
    "services",
    options.services.map(({ name, type }) => ({ name, kind: "service", metadata: { type } })),
  );
  // Filled from committed states only: a change may run on a state that never comes true, at the same count. A later change
  // may go on from here, because the counts of what is committed only grow.
  const kept = new Map<Part, KnownNode>();
  const nodesOf = (state: StateReader, part: Exclude<Part, "kv">): readonly NodeDraft[] => {
    const nodes = DIRECTORIES[part](state);
    if (part !== "tools") return nodes;
    // What ships keeps its name where a later release took that of a deployed tool.
    const own = new Set(shipped.map(({ name }) => name));
    return [...shipped, ...nodes.filter(({ name }) => !own.has(name))];
  };
  const readPart = (state: StateReader, part: Part, keep: boolean): TreeNode => {
    const at = mutations(state, part);
    const known = at === undefined ? undefined : kept.get(part);
    if (known !== undefined && known.at === at) return known.node;
    const node = part === "kv" ? valuesNode(state, at, known) : directory(part, nodesOf(state, part));
    if (keep && at !== undefined) kept.set(part, { at, node });
    return node;
  };
  const read = (state: StateReader, keep: boolean): TreeNode =>
    joinNode("/", "root", {}, [services, ...PARTS.map((part) => readPart(state, part, keep))]);
  const within = (state: StateReader) => read(state, false);
  return {
    committed: (state) => read(state, true),
    within,
    recordRoot(committed) {
      read(committed, true); // so that little is left to read in the change
      return (state) => {
        const { hash, size } = within(state);
        state.event({ source: "kernel", kind: "tree.root", payload: { root_hash: hash, node_count: size } });
        return null;
      };
    },
  };
}

function directory(name: string, children: readonly NodeDraft[]): TreeNode {
  return placeNode("/", { name, kind: "directory", metadata: {}, children });
}
