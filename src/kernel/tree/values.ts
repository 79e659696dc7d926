import type { StateReader } from "../../contract/state.ts";
import { DAMAGED, type Damaged, lookAtRow, lookAtRows, type Tables } from "../rows.ts";
import { alteredValues } from "./mutations.ts";
import { segmentOf } from "./names.ts";
import { joinNode, placeNode, type TreeNode } from "./node.ts";

/** The node of a part, as it was after so many alterations. */
export interface KnownNode {
  readonly at: number;
  readonly node: TreeNode;
}

const PATH = "/kv";

/**
 * The directory of all values, after `at` alterations: a directory for each namespace, and in it a node for each key. Reads
 * those values only that were altered since `known`, where the state can tell which these are.
 */
export function valuesNode(state: StateReader, at: number | undefined, known: KnownNode | undefined): TreeNode {
  const altered = known === undefined || at === undefined ? undefined : alteredValues(state, known.at, at);
  const namespaces = new Map<string, Map<string, TreeNode>>();
  const nodesOf = (namespace: string) => {
    const path = `${PATH}/${segmentOf(namespace)}`;
    let nodes = namespaces.get(path);
    if (nodes === undefined) {
      const before = altered === undefined ? undefined : known?.node.children.get(segmentOf(namespace));
      nodes = new Map(before?.children);
      namespaces.set(path, nodes);
    }
    return { path, nodes };
  };
  const add = (namespace: string, key: string, row: Tables["kv"] | undefined | Damaged) => {
    const { path, nodes } = nodesOf(namespace);
    if (row === undefined) {
      nodes.delete(segmentOf(key));
      return;
    }
    const metadata =
      row === DAMAGED ? { damaged: true } : { version: row.version, bytes: row.bytes, sha256: row.sha256 };
    nodes.set(segmentOf(key), placeNode(path, { name: key, kind: "value", metadata }));
  };
  if (altered !== undefined)
    for (const [namespace, key] of altered) add(namespace, key, lookAtRow(state, "kv", namespace, key));
  else for (const { key, row } of lookAtRows(state, "kv")) add(key[0] as string, key[1] as string, row);
  const directories = new Map(
    altered === undefined ? [] : [...(known?.node.children.values() ?? [])].map((one) => [one.path, one]),
  );
  for (const [path, nodes] of namespaces) {
    if (nodes.size === 0) directories.delete(path);
    else directories.set(path, joinNode(path, "namespace", {}, [...nodes.values()]));
  }
  return joinNode(PATH, "directory", {}, [...directories.values()]);
}
