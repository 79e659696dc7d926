// A deterministic automaton, made as far as a text needs it: one step a character whatever the expression is, and the
// longest of the matches that begin first, as POSIX has it.
import { WORD } from "./brackets.ts";
import { programOf, type Step } from "./program.ts";
import type { Anchor, Node } from "./tree.ts";

/** States that are kept; then all are made anew. */
const MOST_STATES = 2000;

type Before = "start" | "word" | "other";
type After = "end" | "word" | "other";

interface State {
  readonly steps: readonly number[];
  readonly before: Before;
  readonly next: Map<number, State>;
  /** Whether a match ends here, by what follows. */
  readonly ends: Partial<Record<After, boolean>>;
}

export class Automaton {
  readonly #anywhere: Table;
  readonly #here: Table;

  constructor(node: Node, wide: boolean, ignoreCase: boolean) {
    const program = programOf(node, wide, `${wide ? "u" : ""}${ignoreCase ? "i" : ""}`);
    const word = new RegExp(wide ? WORD.wide : WORD.narrow, wide ? "u" : "");
    this.#anywhere = new Table(program, word, true);
    this.#here = new Table(program, word, false);
  }

  /** Whether there is a match from a place on. */
  test(text: string, from = 0): boolean {
    return this.#anywhere.end(text, from, false) >= 0;
  }

  /** The longest of the matches that begin first. */
  exec(text: string, from: number): { readonly index: number; readonly end: number } | undefined {
    if (!this.test(text, from)) return undefined;
    for (let index = from; index <= text.length; index++) {
      const end = this.#here.end(text, index, true);
      if (end >= 0) return { index, end };
    }
    return undefined;
  }
}

/** The states of a program that begins anywhere, or where it is asked to. */
class Table {
  readonly #program: readonly Step[];
  readonly #word: RegExp;
  readonly #anywhere: boolean;
  #states = new Map<string, State>();

  constructor(program: readonly Step[], word: RegExp, anywhere: boolean) {
    this.#program = program;
    this.#word = word;
    this.#anywhere = anywhere;
  }

  /** Where a match ends: the first that does, or the last; -1 for none. */
  end(text: string, from: number, longest: boolean): number {
    const left = from === 0 ? "start" : this.#isWord(text.codePointAt(from - 1)) ? "word" : "other";
    let state = this.#state([0], left);
    let found = -1;
    for (let at = from; ; ) {
      const point = text.codePointAt(at);
      if (this.#endsAt(state, point)) {
        found = at;
        if (!longest) return found;
      }
      if (point === undefined || state.steps.length === 0) return found;
      state = state.next.get(point) ?? this.#step(state, point);
      at += point > 0xffff ? 2 : 1;
    }
  }

  #isWord(point: number | undefined): boolean {
    return point !== undefined && this.#word.test(String.fromCodePoint(point));
  }

  #state(steps: readonly number[], before: Before): State {
    const key = `${before[0]}${steps.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= MOST_STATES) this.#states = new Map();
    const state: State = { steps, before, next: new Map(), ends: {} };
    this.#states.set(key, state);
    return state;
  }

  /** All steps that are reached without a character. */
  #closure({ steps, before }: State, after: After): Set<number> {
    const reached = new Set<number>();
    const waiting = [...steps];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (reached.has(at)) continue;
      reached.add(at);
      const step = this.#program[at] as Step;
      if (step.type === "split") waiting.push(...step.to);
      else if (step.type === "anchor" && stands(step.kind, before, after)) waiting.push(at + 1);
    }
    return reached;
  }

  #endsAt(state: State, point: number | undefined): boolean {
    const { ends } = state;
    if (ends.end === ends.word && ends.end === ends.other && ends.end !== undefined) return ends.end;
    const last = this.#program.length - 1;
    for (const after of ["end", "word", "other"] as const) ends[after] ??= this.#closure(state, after).has(last);
    return ends[point === undefined ? "end" : this.#isWord(point) ? "word" : "other"] as boolean;
  }

  #step(state: State, point: number): State {
    const character = String.fromCodePoint(point);
    const kind = this.#isWord(point) ? "word" : "other";
    const steps = new Set<number>(this.#anywhere ? [0] : []);
    for (const at of this.#closure(state, kind)) {
      const step = this.#program[at] as Step;
      if (step.type === "sign" && step.expression.test(character)) steps.add(at + 1);
    }
    const next = this.#state(
      [...steps].sort((a, b) => a - b),
      kind,
    );
    state.next.set(point, next);
    return next;
  }
}

function stands(kind: Anchor, before: Before, after: After): boolean {
  const [left, right] = [before === "word", after === "word"];
  switch (kind) {
    case "start":
      return before === "start";
    case "end":
      return after === "end";
    case "edge":
      return left !== right;
    case "inside":
      return left === right;
    case "word-start":
      return !left && right;
    case "word-end":
      return left && !right;
    case "unworded-before":
      return !left;
    case "unworded-after":
      return !right;
  }
}
