import { WORD } from "./brackets.ts";
import type { Anchor, Node } from "./tree.ts";

/** A tree as a JavaScript expression. */
export function sourceOf(node: Node, wide: boolean): string {
  switch (node.type) {
    case "sign":
      return wide ? node.source.wide : node.source.narrow;
    case "sequence":
      return node.parts
        .map((part) => (part.type === "choice" ? `(?:${sourceOf(part, wide)})` : sourceOf(part, wide)))
        .join("");
    case "choice":
      return node.options.map((option) => sourceOf(option, wide)).join("|");
    case "repeat": {
      const { least, most } = node;
      const inner = sourceOf(node.node, wide);
      const body = node.node.type === "sign" || node.node.type === "group" ? inner : `(?:${inner})`;
      if (most === Number.POSITIVE_INFINITY) return body + (least === 0 ? "*" : least === 1 ? "+" : `{${least},}`);
      return body + (least === 0 && most === 1 ? "?" : `{${least},${most}}`);
    }
    case "group":
      return `(${sourceOf(node.node, wide)})`;
    case "anchor":
      return anchor(node.kind, wide ? WORD.wide : WORD.narrow, wide);
    case "backreference":
      return `(?:\\${node.number})`;
  }
}

function anchor(kind: Anchor, word: string, wide: boolean): string {
  const edge = `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
  switch (kind) {
    case "start":
      return "^";
    case "end":
      return "$";
    case "edge":
      return wide ? edge : "\\b";
    case "inside":
      return wide ? `(?!${edge})` : "\\B";
    case "word-start":
      return `(?<!${word})(?=${word})`;
    case "word-end":
      return `(?<=${word})(?!${word})`;
    case "unworded-before":
      return `(?<!${word})`;
    case "unworded-after":
      return `(?!${word})`;
  }
}
