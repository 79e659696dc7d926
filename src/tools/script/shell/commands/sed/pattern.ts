import { type Matcher, matcherOf } from "../regex/matcher.ts";
import { sourceOf } from "../regex/native.ts";
import { treeOf } from "../regex/syntax.ts";
import { type Node, some } from "../regex/tree.ts";
import { escapeAt } from "./escapes.ts";

export interface Found {
  readonly index: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
}

export interface PatternFlags {
  readonly extended: boolean;
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly wide: boolean;
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
  constructor(text: string, { extended, ignoreCase, multiline, wide }: PatternFlags) {
    const source = multiline ? text.replace(/\\([\s\S])/g, (all, one) => bound(one) ?? all) : text;
    const read = treeOf(unescaped(source), extended ? "extended" : "basic", ignoreCase);
    const tree = multiline ? linewise(read) : read;
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

  /** The longest of the first; with what its groups hold where that is asked for. */
  exec(text: string, from: number, grouped: boolean): Found | undefined {
    const span = this.#matcher.exec(text, from);
    if (span === undefined) return undefined;
    const { index, end } = span;
    if (!grouped || this.groups === 0) return { index, end, groups: [text.slice(index, end)] };
    const sticky = this.#sticky();
    sticky.lastIndex = index;
    let found = sticky.exec(text);
    if (found === null || found[0].length !== end - index) {
      const ending = this.#ending();
      ending.lastIndex = index;
      found = ending.exec(text.slice(0, end));
    }
    return { index, end, groups: found ?? [text.slice(index, end)] };
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
function linewise(node: Node): Node {
  const place = (source: string): Node => ({ type: "sign", source: { narrow: source, wide: source } });
  switch (node.type) {
    case "sequence":
      return { ...node, parts: node.parts.map(linewise) };
    case "choice":
      return { ...node, options: node.options.map(linewise) };
    case "repeat":
    case "group":
      return { ...node, node: linewise(node.node) };
    case "anchor":
      return node.kind === "start" ? place("(?<![^\\n])") : node.kind === "end" ? place("(?![^\\n])") : node;
    case "sign":
      return node.literal === TEXT_START ? place("^") : node.literal === TEXT_END ? place("$") : node;
    default:
      return node;
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
