// What finds the matches of an expression: the engine's own matcher where that takes little time for certain, else an
// automaton that takes the same for every character.
import { Automaton } from "./automaton.ts";
import { sourceOf } from "./native.ts";
import { type Node, some } from "./tree.ts";

export interface Span {
  readonly index: number;
  readonly end: number;
}

/** What an expression matches. */
export interface Matcher {
  test(text: string): boolean;
  /** The longest of the matches that begin first. */
  exec(text: string, from: number): Span | undefined;
}

/** Steps that a backtracking matcher may come to on one text. */
const MOST_STEPS = 10_000_000;
/** Alternatives that it tries at every place. */
const MOST_OPTIONS = 20;

/** A matcher for a tree; `wide` for text with characters beside ASCII. */
export function matcherOf(node: Node, wide: boolean, ignoreCase: boolean): Matcher {
  const plain = ignoreCase ? "" : plainText(node);
  // half of a surrogate pair is none of the characters of a text that has the whole
  if (plain !== "" && !/\p{Cs}/u.test(plain)) return plainMatcher(plain);
  const expression = (flags: string): RegExp =>
    new RegExp(sourceOf(node, wide), `${flags}s${wide ? "u" : ""}${ignoreCase ? "i" : ""}`);
  // only backtracking knows what a group held
  if (some(node, ({ type }) => type === "backreference")) return nativeMatcher(expression);
  let automaton: Automaton | undefined;
  const slow = (): Automaton => {
    automaton ??= new Automaton(node, wide, ignoreCase);
    return automaton;
  };
  const longest = longestNative(node);
  if (longest === 0) return slow();
  const native = nativeMatcher(expression);
  // The first that a backtracking matcher finds is the longest only where it has nothing to choose from.
  const chooses = some(node, (one) => one.type === "choice" || (one.type === "repeat" && one.node.type !== "sign"));
  return {
    test: (text) => (text.length <= longest ? native : slow()).test(text),
    exec: (text, from) => (text.length <= longest && !chooses ? native : slow()).exec(text, from),
  };
}

/** The text that is all an expression matches; empty where there is more to it. */
function plainText(node: Node): string {
  const parts = node.type === "sequence" ? node.parts : [node];
  const signs = parts.map((part) => (part.type === "sign" ? part.literal : undefined));
  return signs.includes(undefined) ? "" : signs.join("");
}

function plainMatcher(plain: string): Matcher {
  return {
    test: (text) => text.includes(plain),
    exec: (text, from) => {
      const index = text.indexOf(plain, from);
      return index < 0 ? undefined : { index, end: index + plain.length };
    },
  };
}

function nativeMatcher(expression: (flags: string) => RegExp): Matcher {
  const anywhere = expression("");
  const global = expression("g");
  return {
    test: (text) => anywhere.test(text),
    exec: (text, from) => {
      global.lastIndex = from;
      const found = global.exec(text);
      return found === null ? undefined : { index: found.index, end: found.index + found[0].length };
    },
  };
}

/** The longest text for which backtracking is cheap for certain; 0 where it never is. */
function longestNative(root: Node): number {
  let [endless, options, costly] = [0, 1, false];
  const count = (node: Node, repeated: boolean): void => {
    switch (node.type) {
      case "sequence":
        for (const part of node.parts) count(part, repeated);
        return;
      case "choice":
        options += node.options.length;
        costly ||= repeated;
        for (const option of node.options) count(option, repeated);
        return;
      case "group":
        count(node.node, repeated);
        return;
      case "repeat": {
        // one in another, and one with a count, may come to any number of ways
        const varies = node.most !== node.least;
        costly ||= repeated && varies;
        if (varies && node.most > 1) endless++;
        count(node.node, repeated || node.most > 1);
        return;
      }
      default:
    }
  };
  count(root, false);
  if (costly || options > MOST_OPTIONS) return 0;
  return endless === 0 ? Number.POSITIVE_INFINITY : Math.floor((MOST_STEPS / options) ** (1 / (endless + 1)));
}
