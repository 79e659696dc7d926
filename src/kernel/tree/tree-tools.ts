import type { JsonObject } from "../../contract/json.ts";
import type { Ledger } from "../../contract/ledger.ts";
import { refused } from "../fault.ts";
import type { KernelTools } from "../kernel-tool.ts";
import { pathOf, segmentsOf } from "./names.ts";
import type { TreeNode } from "./node.ts";
import { mutationCount, type ResourceTree } from "./tree.ts";

/** Most children in one answer, and how many where no limit is given. */
const MOST_CHILDREN = 1000;
const CHILDREN = 100;

/** `sys.tree.read` and `sys.tree.inspect`. */
export function treeTools(options: { readonly ledger: Ledger; readonly tree: ResourceTree }): KernelTools {
  const { ledger, tree } = options;
  return {
    "sys.tree.read": () =>
      ledger.read((state) => {
        const { hash, size } = tree.committed(state);
        return { node_count: size, mutation_count: mutationCount(state), root_hash: hash };
      }),
    "sys.tree.inspect": (_caller, args) => {
      const path = String(args.path);
      const segments = segmentsOf(path);
      const root = ledger.read((state) => tree.committed(state));
      let node = root;
      for (const segment of segments ?? []) {
        const child = node.children.get(segment);
        if (child === undefined) return notFound(path, node);
        node = child;
      }
      return segments === undefined ? notFound(path, root) : inspected(node, pageOf(args), pathOf(segments));
    },
  };
}

function notFound(path: string, parent: TreeNode) {
  return refused(
    "path-not-found",
    `there is no node ${path.slice(0, 200)}: the nearest that there is is ${parent.path}`,
    {
      nearest: parent.path,
      children: [...parent.children.keys()].slice(0, 20),
    },
  );
}

function pageOf(args: JsonObject): { offset: number; limit: number } {
  const offset = typeof args.offset === "number" ? args.offset : 0;
  const limit = typeof args.limit === "number" ? args.limit : CHILDREN;
  return { offset: Math.max(offset, 0), limit: Math.min(Math.max(limit, 0), MOST_CHILDREN) };
}

/** A node with a page of its children, sorted by name; `child_count` says how many there are. */
function inspected(node: TreeNode, { offset, limit }: { offset: number; limit: number }, path: string): JsonObject {
  const children = [...node.children].slice(offset, offset + limit);
  return {
    path,
    kind: node.kind,
    metadata: node.metadata,
    hash: node.hash,
    children: children.map(([name, child]) => ({ name, kind: child.kind, hash: child.hash })),
    child_count: node.children.size,
    truncated: offset + children.length < node.children.size,
  };
}
