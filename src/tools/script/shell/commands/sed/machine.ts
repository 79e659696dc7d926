// Runs the commands of a script over lines.
import { Failure, linesOf } from "../command.ts";
import { ACTIONS, type Action, type Next } from "./actions.ts";
import { type Input, Lines } from "./lines.ts";
import type { Output } from "./output.ts";
import type { Pattern } from "./pattern.ts";
import type { Command } from "./program.ts";
import { type Place, Selection } from "./selection.ts";

export interface World {
  readonly commands: readonly Command[];
  readonly inputs: readonly Input[];
  readonly silent: boolean;
  /** Whether each input is for itself. */
  readonly separate: boolean;
  readonly posix: boolean;
  readonly end: "\n" | "\0";
  readonly width: number;
  encode(text: string): string;
  /** Where what comes of an input goes. */
  output(input: number): Output;
  /** The place that a name stands for, to be written to. */
  file(name: string): Output;
  /** What a file holds; undefined where it cannot be read. */
  content(name: string): string | undefined;
}

interface Step {
  readonly command: Command;
  readonly selection: Selection;
  readonly always: boolean;
  readonly act: Action;
}

export class Machine implements Place {
  readonly world: World;
  readonly end: string;
  readonly lines: Lines;
  readonly #steps: readonly Step[];
  readonly #read = new Map<string, string[]>();
  output: Output;
  space = "";
  hold = "";
  /** Whether what they hold is of a line that has an end. */
  ended = true;
  holdEnded = true;
  replaced = false;
  code = 0;
  /** What is written when the line is done with. */
  pending: string[] = [];
  #last: Pattern | undefined;

  constructor(world: World) {
    this.world = world;
    this.end = world.end;
    this.output = world.output(0);
    this.lines = new Lines(world.inputs, world.end, world.separate, (input) => this.#begin(input));
    this.#steps = world.commands.map((command) => ({
      command,
      selection: new Selection(command),
      always: command.from === undefined && !command.negated,
      act: ACTIONS[command.name] as Action,
    }));
  }

  get line(): number {
    return this.lines.number;
  }

  isLast(): boolean {
    return this.lines.isLast();
  }

  matches(pattern: Pattern | undefined): boolean {
    return this.pattern(pattern).test(this.space);
  }

  /** A pattern, or the last that was used. */
  pattern(pattern: Pattern | undefined): Pattern {
    const used = pattern ?? this.#last;
    if (used === undefined) throw new Failure("no previous regular expression");
    this.#last = used;
    return used;
  }

  print(): void {
    this.output.line(this.space, this.ended);
  }

  /** Answers the exit code. */
  run(): number {
    const { silent } = this.world;
    let done: Next = "delete";
    while (done !== "quit" && (done === "again" || this.next())) {
      done = this.#cycle();
      if (done === "print" && !silent) this.print();
    }
    this.#flush();
    return this.code;
  }

  /** Goes to the next line; says whether there is one. */
  next(): boolean {
    if (this.pending.length > 0) this.#flush();
    const line = this.lines.take();
    if (line === undefined) return false;
    this.space = line;
    this.ended = this.lines.ended;
    this.replaced = false;
    return true;
  }

  /** The next line of a file, with its end where it has one; undefined where there is none. */
  lineOf(name: string): string | undefined {
    let lines = this.#read.get(name);
    if (lines === undefined) {
      const text = this.world.content(name) ?? "";
      lines = linesOf(text, this.end).map((line) => line + this.end);
      if (!text.endsWith(this.end) && lines.length > 0) lines.push((lines.pop() as string).slice(0, -1));
      this.#read.set(name, lines.reverse());
    }
    return lines.pop();
  }

  #cycle(): Next {
    const steps = this.#steps;
    for (let at = 0; at < steps.length; ) {
      const { command, selection, always, act } = steps[at] as Step;
      if (always || selection.holds(this) !== command.negated) {
        const next = act(this, command, selection.active);
        if (typeof next === "string") return next;
        at = next ?? at + 1;
      } else at = command.name === "{" ? command.jump : at + 1;
    }
    return "print";
  }

  #begin(input: number): void {
    this.output = this.world.output(input);
    if (!this.world.separate) return;
    this.hold = "";
    this.#read.clear();
    for (const { selection } of this.#steps) selection.reset();
  }

  #flush(): void {
    for (const text of this.pending) this.output.raw(text);
    this.pending = [];
  }
}
