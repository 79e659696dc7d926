import { hash } from "node:crypto";
import { canonicalJson } from "../../contract/canonical-json.ts";
import type { JsonObject } from "../../contract/json.ts";
import { segmentOf } from "./names.ts";

/** Separates the hashes of nodes from every other use of SHA-256 here. */
const DOMAIN = Buffer.alloc(32);
DOMAIN.write("tollgate.tree.node.v1");

/** What a node is before it has its place. */
export interface NodeDraft {
  readonly name: string;
  readonly kind: string;
  readonly metadata: JsonObject;
  readonly children?: readonly NodeDraft[];
}

/** A node in its place. Its hash binds path, kind, metadata, and names and hashes of its children. */
export interface TreeNode {
  readonly path: string;
  readonly kind: string;
  readonly metadata: JsonObject;
  /** By segment, in the order of its UTF-16 code units, which for segments is that of their bytes. */
  readonly children: ReadonlyMap<string, TreeNode>;
  /** Lower-case SHA-256 hex. */
  readonly hash: string;
  /** How many nodes it is, with itself. */
  readonly size: number;
}

/** Gives a draft its place below `parent`, the path of a node, and everything below it. */
export function placeNode(parent: string, draft: NodeDraft): TreeNode {
  const path = `${parent === "/" ? "" : parent}/${segmentOf(draft.name)}`;
  return joinNode(
    path,
    draft.kind,
    draft.metadata,
    (draft.children ?? []).map((child) => placeNode(path, child)),
  );
}

/** The node over some that have their places. */
export function joinNode(path: string, kind: string, metadata: JsonObject, children: readonly TreeNode[]): TreeNode {
  const named = children.map((child) => [child.path.slice(child.path.lastIndexOf("/") + 1), child] as const);
  named.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const size = children.reduce((sum, child) => sum + child.size, 1);
  return { path, kind, metadata, children: new Map(named), hash: nodeHash(path, kind, metadata, named), size };
}

/**
 * SHA-256 over `domain ‖ field(path) ‖ field(kind) ‖ field(canonical metadata) ‖ u32 children ‖ (field(segment) ‖ hash)
 * × children`, sorted by segment, where a field is `u32 length ‖ UTF-8`, all big-endian: two nodes that differ only in
 * where a field ends, or in which node a child belongs to, hash differently.
 */
function nodeHash(
  path: string,
  kind: string,
  metadata: JsonObject,
  children: readonly (readonly [string, TreeNode])[],
): string {
  const text = canonicalJson(metadata);
  let length = DOMAIN.length + 16 + Buffer.byteLength(path) + Buffer.byteLength(kind) + Buffer.byteLength(text);
  for (const [segment] of children) length += 4 + segment.length + 32; // a segment is ASCII
  const bytes = Buffer.allocUnsafe(length);
  let at = DOMAIN.copy(bytes);
  for (const field of [path, kind, text]) at = writeField(bytes, field, at);
  at = bytes.writeUInt32BE(children.length, at);
  for (const [segment, child] of children) {
    at = writeField(bytes, segment, at);
    at += bytes.write(child.hash, at, "hex");
  }
  return hash("sha256", bytes, "hex");
}

function writeField(bytes: Buffer, text: string, at: number): number {
  const written = bytes.write(text, at + 4, "utf8");
  bytes.writeUInt32BE(written, at);
  return at + 4 + written;
}
