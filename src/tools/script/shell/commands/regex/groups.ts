import { sourceOf } from "./native.ts";
import type { Node } from "./tree.ts";

/**
 * What the groups of an expression hold in a match that is found already: only backtracking knows, and it is asked for no
 * other match than that one.
 */
export class Groups {
  readonly #sticky: RegExp;
  readonly #ending: RegExp;

  constructor(node: Node, wide: boolean, ignoreCase: boolean) {
    const flags = `ys${wide ? "u" : ""}${ignoreCase ? "i" : ""}`;
    const source = `(?:${sourceOf(node, wide)})`;
    this.#sticky = new RegExp(source, flags);
    this.#ending = new RegExp(`${source}(?![^])`, flags);
  }

  /** The match itself and then each group, undefined where it takes no part. */
  in(text: string, index: number, end: number): readonly (string | undefined)[] {
    this.#sticky.lastIndex = index;
    const first = this.#sticky.exec(text);
    // the first that backtracking finds need not be the longest
    if (first !== null && first[0].length === end - index) return first;
    this.#ending.lastIndex = index;
    return this.#ending.exec(text.slice(0, end)) ?? [text.slice(index, end)];
  }
}
