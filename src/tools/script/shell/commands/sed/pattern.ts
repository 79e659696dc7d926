import { type Matcher, matcherOf, type Span } from "../regex/matcher.ts";
import { sourceOf } from "../regex/native.ts";
import { treeOf } from "../regex/syntax.ts";
import { type Node, some } from "../regex/tree.ts";
import { STRAY } from "./encoding.ts";
import { escapeAt } from "./escapes.ts";
import type { Manner } from "./program.ts";

export interface PatternFlags extends Manner {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
}

/** Where a text begins and ends, whatever lines it has. */
const [TEXT_START, TEXT_END] = ["\ue000", "\ue001"];

/** An expression as sed has it. */
export class Pattern {
  readonly groups: number;
  readonly #matcher: Matcher;
  readonly #sticky: () => RegExp;
  readonly #ending: () => RegExp;

  /** Throws a Failure in the words of the C library. */
  constructor(text: string, { extended, ignoreCase, multiline, wide, end }: PatternFlags) {
    const source = multiline ? text.replace(/\\([\s\S])/g, (all, one) => bound(one) ?? all) : text;
    const read = treeOf(unescaped(source), extended ? "extended" : "basic", ignoreCase, true);
    const lines = multiline ? linewise(read, end) : read;
    const tree = wide ? changed(lines, strayless) : lines;
    let groups = 0;
    some(tree, ({ type }) => {
      if (type === "group") groups++;
      return false;
    });
    this.groups = groups;
    const flags = `s${wide ? "u" : ""}${ignoreCase ? "i" : ""}`;
    const made = (behind: string, flag: string) => {
      let known: RegExp | undefined;
      return (): RegExp => {
        known ??= new RegExp(`(?:${sourceOf(tree, wide)})${behind}`, flag + flags);
        return known;
      };
    };
    this.#sticky = made("", "y");
    this.#ending = made("(?![^])", "y");
    this.#matcher = multiline ? native(made("", "g")()) : matcherOf(tree, wide, ignoreCase);
  }

  test(text: string): boolean {
    return this.#matcher.test(text);
  }

  /** The longest of the first. */
  exec(text: string, from: number): Span | undefined {
    return this.#matcher.exec(text, from);
  }

  /** What the groups of a match hold; the first is the match itself. */
  groupsOf(text: string, { index, end }: Span): readonly (string | undefined)[] {
    if (this.groups === 0) return [text.slice(index, end)];
    const sticky = this.#sticky();
    sticky.lastIndex = index;
    let found = sticky.exec(text);
    if (found === null || found[0].length !== end - index) {
      const ending = this.#ending();
      ending.lastIndex = index;
      found = ending.exec(text.slice(0, end));
    }
    return found ?? [text.slice(index, end)];
  }
}

function bound(one: string): string | undefined {
  return one === "`" ? TEXT_START : one === "'" ? TEXT_END : undefined;
}

function native(expression: RegExp): Matcher {
  const exec = (text: string, from: number) => {
    expression.lastIndex = from;
    const found = expression.exec(text);
    return found === null ? undefined : { index: found.index, end: found.index + found[0].length };
  };
  return { test: (text) => exec(text, 0) !== undefined, exec };
}

/** Anchors that stand at lines. */
function linewise(node: Node, end: string): Node {
  const other = end === "\0" ? "[^\\0]" : "[^\\n]";
  const place = (source: string): Node => ({ type: "sign", source: { narrow: source, wide: source } });
  return changed(node, (one) => {
    if (one.type === "anchor" && one.kind === "start") return place(`(?<!${other})`);
    if (one.type === "anchor" && one.kind === "end") return place(`(?!${other})`);
    if (one.type !== "sign") return one;
    return one.literal === TEXT_START ? place("^") : one.literal === TEXT_END ? place("$") : one;
  });
}

/** What is none of some characters is a character all the same, and not a byte of no text. */
function strayless(node: Node): Node {
  if (node.type !== "sign" || !node.source.wide.startsWith("[^")) return node;
  return { ...node, source: { ...node.source, wide: `[^${STRAY}${node.source.wide.slice(2)}` } };
}

/** A tree with what its leaves come to. */
function changed(node: Node, leaf: (node: Node) => Node): Node {
  switch (node.type) {
    case "sequence":
      return { ...node, parts: node.parts.map((part) => changed(part, leaf)) };
    case "choice":
      return { ...node, options: node.options.map((option) => changed(option, leaf)) };
    case "repeat":
    case "group":
      return { ...node, node: changed(node.node, leaf) };
    default:
      return leaf(node);
  }
}

/** An expression with its characters in the place of what stands for them. */
function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  let result = "";
  let inside = false;
  for (let at = 0; at < text.length; ) {
    const one = text[at] as string;
    if (one === "\\") {
      const found = escapeAt(text, at);
      if (found !== undefined) {
        result += !inside && /[$*.[\\\]^]/.test(found.text) ? `\\${found.text}` : found.text;
        at = found.end;
        continue;
      }
      if (!inside) {
        result += text.slice(at, at + 2);
        at += 2;
        continue;
      }
    } else if (!inside && one === "[") {
      const [head = "["] = /^\[\^?\]?/.exec(text.slice(at, at + 3)) ?? [];
      result += head;
      at += head.length;
      inside = true;
      continue;
    } else if (inside && one === "[" && /[:.=]/.test(text[at + 1] ?? "")) {
      const close = text.indexOf(`${text[at + 1]}]`, at + 2);
      if (close >= 0) {
        result += text.slice(at, close + 2);
        at = close + 2;
        continue;
      }
    } else if (one === "]") inside = false;
    result += one;
    at++;
  }
  return result;
}
