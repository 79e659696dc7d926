import { Failure } from "../command.ts";
import type { Anchor, Node } from "./tree.ts";

const MOST_STEPS = 20_000;

/** A step of a program: what one character must be, where it must stand, or where to go on. The last is the end. */
export type Step =
  | { readonly type: "sign"; readonly expression: RegExp }
  | { readonly type: "anchor"; readonly kind: Anchor }
  | { readonly type: "split"; readonly to: number[] }
  | { readonly type: "end" };

/** A tree as steps; throws a {@link Failure} for one that comes to too many, or that has a reference to a group. */
export function programOf(node: Node, wide: boolean, flags: string): readonly Step[] {
  const steps: Step[] = [];
  const push = <S extends Step>(step: S): S => {
    if (steps.length >= MOST_STEPS) throw new Failure("Regular expression too big", 2);
    steps.push(step);
    return step;
  };
  const split = (...to: number[]) => push({ type: "split" as const, to });
  const add = (node: Node): void => {
    switch (node.type) {
      case "sign":
        push({ type: "sign", expression: new RegExp(`^(?:${wide ? node.source.wide : node.source.narrow})$`, flags) });
        return;
      case "anchor":
        push({ type: "anchor", kind: node.kind });
        return;
      case "sequence":
        for (const part of node.parts) add(part);
        return;
      case "group":
        add(node.node);
        return;
      case "choice": {
        const fork = split();
        const exits = node.options.map((option) => {
          fork.to.push(steps.length);
          add(option);
          return split();
        });
        for (const exit of exits) exit.to.push(steps.length);
        return;
      }
      case "repeat": {
        for (let i = 0; i < node.least; i++) add(node.node);
        const isEndless = node.most === Number.POSITIVE_INFINITY;
        const forks: { readonly to: number[] }[] = [];
        for (let i = node.least; i < (isEndless ? node.least + 1 : node.most); i++) {
          const at = steps.length;
          forks.push(split(at + 1));
          add(node.node);
          if (isEndless) split(at);
        }
        for (const fork of forks) fork.to.push(steps.length);
        return;
      }
      case "backreference":
        throw new Failure("a back reference takes another kind of matcher", 2);
    }
  };
  add(node);
  push({ type: "end" });
  return steps;
}
