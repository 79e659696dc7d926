import { Failure } from "../command.ts";
import { type Matcher, matcherOf } from "../regex/matcher.ts";
import { type Dialect, treeOf } from "../regex/syntax.ts";
import type { Node } from "../regex/tree.ts";

export const REGEX_TYPES: ReadonlyMap<string, Dialect> = new Map([
  ["findutils-default", "emacs"],
  ["ed", "basic"],
  ["emacs", "emacs"],
  ["gnu-awk", "extended"],
  ["grep", "basic"],
  ["posix-awk", "extended"],
  ["awk", "extended"],
  ["posix-basic", "basic"],
  ["posix-egrep", "extended"],
  ["egrep", "extended"],
  ["posix-extended", "extended"],
  ["posix-minimal-basic", "basic"],
  ["sed", "basic"],
]);

/** Whether a pattern matches the whole of a path. */
export function wholePath(pattern: string, type: string, ignoreCase: boolean): (path: string) => boolean {
  let tree: Node;
  try {
    tree = treeOf(pattern, REGEX_TYPES.get(type) as Dialect, ignoreCase);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`failed to compile regular expression '${pattern}': ${error.message}`);
  }
  const parts: Node[] = [
    { type: "anchor", kind: "start" },
    { type: "group", node: tree, number: 0 },
    { type: "anchor", kind: "end" },
  ];
  let matcher: Matcher | undefined;
  return (path) => {
    matcher ??= matcherOf({ type: "sequence", parts }, true, ignoreCase);
    return matcher.test(path);
  };
}
