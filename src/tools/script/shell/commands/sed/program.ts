// What a script of sed comes to.
import type { Pattern } from "./pattern.ts";
import type { Substitution } from "./substitute.ts";

export type Address =
  | { readonly type: "line"; readonly line: number }
  | { readonly type: "step"; readonly first: number; readonly step: number }
  | { readonly type: "last" }
  | { readonly type: "plus" | "multiple"; readonly count: number }
  /** Without a pattern: the last that was used. */
  | { readonly type: "match"; readonly pattern: Pattern | undefined };

/** What belongs to a command beside its name and its addresses. */
export interface Arguments {
  /** Text without its end, a label, a file's name; undefined where no text is added. */
  readonly text?: string;
  readonly number?: number;
  readonly pattern?: Pattern | undefined;
  readonly substitution?: Substitution & { readonly prints: boolean };
  readonly table?: ReadonlyMap<string, string>;
}

export interface Command extends Arguments {
  readonly name: string;
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly negated: boolean;
  /** Where to go on: behind a block, or at a label. */
  readonly jump: number;
}

/** A part of the script. */
export interface Chunk {
  readonly text: string;
  /** The file it is of. */
  readonly file: string | undefined;
}

/** How expressions are read, and what the text is. */
export interface Manner {
  readonly extended: boolean;
  /** Whether there are characters beside ASCII. */
  readonly wide: boolean;
  /** What ends a line. */
  readonly end: "\n" | "\0";
}
