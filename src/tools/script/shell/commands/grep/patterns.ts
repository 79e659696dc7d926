import { Failure } from "../command.ts";
import { type Matcher, matcherOf } from "../regex/matcher.ts";
import { treeOf } from "../regex/syntax.ts";
import { choice, literal, type Node } from "../regex/tree.ts";
import { perlMatcher } from "./perl.ts";

/** What is looked for. */
export interface Patterns {
  /** A matcher; `wide` for text with characters beside ASCII. */
  matcher(wide: boolean): Matcher;
  /** What every line that matches has in it. */
  readonly needed: string;
}

const NOTHING: Matcher = { test: () => false, exec: () => undefined };

export function patternsOf(patterns: readonly string[], flags: ReadonlySet<string>, ignoreCase: boolean): Patterns {
  const kinds = ["E", "F", "G", "P"].filter((flag) => flags.has(flag));
  if (kinds.length > 1) throw new Failure("conflicting matchers specified", 2);
  const around = flags.has("x") ? "x" : flags.has("w") ? "w" : undefined;
  if (patterns.length === 0) return { matcher: () => NOTHING, needed: "" };
  if (kinds[0] === "P") {
    if (patterns.length > 1) throw new Failure("the -P option only supports a single pattern", 2);
    const matcher = perlMatcher(patterns[0] as string, { ignoreCase, around });
    return { matcher: () => matcher, needed: "" };
  }
  if (kinds[0] === "F" && around === "x" && !ignoreCase)
    return { matcher: () => wholeLines(new Set(patterns)), needed: "" };
  const dialect = kinds[0] === "E" ? "extended" : "basic";
  const trees = patterns.map((one) => (kinds[0] === "F" ? literal(one) : treeOf(one, dialect, ignoreCase)));
  const found = choice(trees);
  const parts: Node[] =
    around === undefined
      ? [found]
      : [
          { type: "anchor", kind: around === "x" ? "start" : "unworded-before" },
          { type: "choice", options: trees },
          { type: "anchor", kind: around === "x" ? "end" : "unworded-after" },
        ];
  const known = new Map<boolean, Matcher>();
  const needed = ignoreCase ? "" : neededBy(found);
  const only = around === undefined && !ignoreCase && isLiteral(found) ? needed : undefined;
  return {
    needed,
    matcher: (wide) => {
      if (only !== undefined) return plainText(only);
      const matcher = known.get(wide) ?? matcherOf({ type: "sequence", parts }, wide, ignoreCase);
      known.set(wide, matcher);
      return matcher;
    },
  };
}

function wholeLines(lines: ReadonlySet<string>): Matcher {
  const test = (text: string): boolean => lines.has(text);
  return { test, exec: (text, from) => (from === 0 && test(text) ? { index: 0, end: text.length } : undefined) };
}

function plainText(needle: string): Matcher {
  return {
    test: (text) => text.includes(needle),
    exec: (text, from) => {
      const index = text.indexOf(needle, from);
      return index < 0 ? undefined : { index, end: index + needle.length };
    },
  };
}

const partsOf = (node: Node): readonly Node[] => (node.type === "sequence" ? node.parts : [node]);

function isLiteral(node: Node): boolean {
  return partsOf(node).every((part) => part.type === "sign" && part.literal !== undefined);
}

/** The longest run of characters that stands in every match. */
function neededBy(node: Node): string {
  let [longest, run] = ["", ""];
  for (const part of partsOf(node)) {
    run = part.type === "sign" && part.literal !== undefined ? run + part.literal : "";
    if (run.length > longest.length) longest = run;
  }
  return longest;
}
