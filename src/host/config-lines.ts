import { findNodeAtLocation, type Node, type ParseError, type ParseOptions, parseTree } from "jsonc-parser";

/** The line (from 1) of a member or element of a JSON text: of its key where it has one. Line 1 where it is not found. */
export function lineOf(text: string, path: readonly (string | number)[]): number {
  const root = treeOf(text);
  const found = root === undefined ? undefined : findNodeAtLocation(root, [...path]);
  if (found === undefined) return 1;
  return lineAt(text, found.parent?.type === "property" ? found.parent.offset : found.offset);
}

/** The line (from 1) where a text stops being JSON, or nothing when it is JSON. */
export function lineOfSyntaxError(text: string): number | undefined {
  const errors: ParseError[] = [];
  treeOf(text, errors, { disallowComments: true, allowTrailingComma: false });
  return errors[0] === undefined ? undefined : lineAt(text, errors[0].offset);
}

/** The first key that an object has twice, with the line of its second place. */
export function duplicateKey(text: string): { readonly key: string; readonly line: number } | undefined {
  const pending: Node[] = [];
  const root = treeOf(text);
  if (root !== undefined) pending.push(root);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const seen = new Set<string>();
    for (const child of node.children ?? []) {
      const key = node.type === "object" ? (child.children?.[0]?.value as string | undefined) : undefined;
      if (key !== undefined) {
        if (seen.has(key)) return { key, line: lineAt(text, child.offset) };
        seen.add(key);
      }
      pending.push(child);
    }
  }
  return undefined;
}

/** The tree of a text that may be anything; nothing where it nests so deep that the parser, which recurses, gives up. */
function treeOf(text: string, errors: ParseError[] = [], options?: ParseOptions): Node | undefined {
  try {
    return parseTree(text, errors, options);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The line (from 1) of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
