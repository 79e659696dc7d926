/** An expression of POSIX, taken apart. */
export type Node =
  | { readonly type: "sign"; readonly source: Source; readonly literal?: string }
  | { readonly type: "sequence"; readonly parts: readonly Node[] }
  | { readonly type: "choice"; readonly options: readonly Node[] }
  | { readonly type: "repeat"; readonly node: Node; readonly least: number; readonly most: number }
  | { readonly type: "group"; readonly node: Node; readonly number: number }
  | { readonly type: "anchor"; readonly kind: Anchor }
  | { readonly type: "backreference"; readonly number: number };

/** What one character is, as a JavaScript expression: over bytes or plain text, and over any text. */
export interface Source {
  readonly narrow: string;
  readonly wide: string;
}

/** Where a match may stand; `unworded` is where no letter is before, or after. */
export type Anchor =
  | "start"
  | "end"
  | "edge"
  | "inside"
  | "word-start"
  | "word-end"
  | "unworded-before"
  | "unworded-after";

export function literal(text: string): Node {
  return { type: "sequence", parts: Array.from(text, sign) };
}

export function sign(character: string): Node {
  const source = character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
  return { type: "sign", source: { narrow: source, wide: source }, literal: character };
}

export function choice(options: readonly Node[]): Node {
  return options.length === 1 ? (options[0] as Node) : { type: "choice", options };
}

export function sequence(parts: readonly Node[]): Node {
  return parts.length === 1 ? (parts[0] as Node) : { type: "sequence", parts };
}

/** Whether something holds for a node or one below it. */
export function some(node: Node, holds: (node: Node) => boolean): boolean {
  if (holds(node)) return true;
  switch (node.type) {
    case "sequence":
      return node.parts.some((part) => some(part, holds));
    case "choice":
      return node.options.some((option) => some(option, holds));
    case "repeat":
    case "group":
      return some(node.node, holds);
    default:
      return false;
  }
}
