// Runs the commands of a script over lines.
import { Failure, linesOf } from "../command.ts";
import type { Address, Command } from "./parse.ts";
import type { Pattern } from "./pattern.ts";
import { substituted } from "./substitute.ts";

export interface Input {
  readonly name: string;
  readonly text: string;
}

/** What is written to one place. */
export class Output {
  readonly #encode: (text: string) => string;
  #bytes = "";
  #text = "";
  #open = false;

  constructor(encode: (text: string) => string) {
    this.#encode = encode;
  }

  /** Writes text; a line before that had no end has one now. */
  write(text: string, ended = true): void {
    this.#text += this.#open ? `\n${text}` : text;
    this.#open = !ended;
  }

  /** Bytes as they are. */
  copy(bytes: string): void {
    if (bytes === "") return;
    this.write("");
    this.#bytes += this.#encode(this.#text) + bytes;
    this.#text = "";
  }

  get bytes(): string {
    return this.#bytes + this.#encode(this.#text);
  }
}

export interface World {
  readonly commands: readonly Command[];
  readonly inputs: readonly Input[];
  readonly silent: boolean;
  readonly separate: boolean;
  readonly end: "\n" | "\0";
  readonly width: number;
  encode(text: string): string;
  decode(bytes: string): string;
  /** Where what comes of an input goes. */
  output(input: number): Output;
  /** The place that a name stands for, to be written to. */
  file(name: string): Output;
  /** The bytes of a file; undefined where it cannot be read. */
  content(name: string): string | undefined;
}

type Pending = { readonly text: string } | { readonly bytes: string };

/** Answers the exit code. */
export function run(world: World): number {
  return new Machine(world).run();
}

class Machine {
  readonly #world: World;
  #input = -1;
  #lines: string[] = [];
  #next = 0;
  #wholeEnd = true;
  #number = 0;
  #space = "";
  #hold = "";
  #ended = true;
  #replaced = false;
  #pending: Pending[] = [];
  #output: Output;
  #last: Pattern | undefined;
  readonly #read = new Map<string, string[]>();

  constructor(world: World) {
    this.#world = world;
    this.#output = world.output(0);
  }

  #open(): boolean {
    const { inputs, end, separate } = this.#world;
    while (this.#next >= this.#lines.length) {
      if (this.#input + 1 >= inputs.length) return false;
      const { text } = inputs[++this.#input] as Input;
      this.#lines = linesOf(text, end);
      this.#wholeEnd = text.endsWith(end);
      this.#next = 0;
      this.#output = this.#world.output(this.#input);
      if (separate) this.#number = 0;
    }
    return true;
  }

  /** Whether no line follows: in this file alone where each is for itself. */
  #isLast(): boolean {
    if (this.#next < this.#lines.length) return false;
    const { inputs, separate } = this.#world;
    return separate || inputs.slice(this.#input + 1).every(({ text }) => text === "");
  }

  #take(): string | undefined {
    this.#flush();
    if (!this.#open()) return undefined;
    const line = this.#lines[this.#next++] as string;
    this.#ended = this.#next < this.#lines.length || this.#wholeEnd;
    this.#number++;
    this.#replaced = false;
    return line;
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    for (const one of this.#pending) {
      if ("text" in one) this.#output.write(one.text);
      else this.#output.copy(one.bytes);
    }
    this.#pending = [];
  }

  #print(text = this.#space, output = this.#output): void {
    output.write(this.#ended ? text + this.#world.end : text, this.#ended);
  }

  run(): number {
    let again = false;
    for (;;) {
      if (!again) {
        const line = this.#take();
        if (line === undefined) return 0;
        this.#space = line;
      }
      const done = this.#cycle();
      again = done === "again";
      if (done !== "deleted" && !again && !this.#world.silent && done !== "quit") this.#print();
      this.#flush();
      if (typeof done === "number") return done;
      if (done === "quit") return this.#code;
    }
  }

  #code = 0;

  #holds(address: Address): boolean {
    switch (address.type) {
      case "line":
        return this.#number === address.line;
      case "step":
        return address.step <= 0
          ? this.#number === address.first
          : this.#number >= address.first && (this.#number - address.first) % address.step === 0;
      case "last":
        return this.#isLast();
      case "match":
        return this.#pattern(address.pattern).test(this.#space);
      default:
        return false;
    }
  }

  #pattern(pattern: Pattern | undefined): Pattern {
    const used = pattern ?? this.#last;
    if (used === undefined) throw new Failure("no previous regular expression");
    this.#last = used;
    return used;
  }

  #selects(command: Command): boolean {
    const { from, to } = command;
    if (from === undefined) return true;
    if (to === undefined) return this.#holds(from);
    const line = this.#number;
    if (command.active) {
      if (to.type === "match" || to.type === "last") {
        if (this.#holds(to)) command.active = false;
        return true;
      }
      if (line >= command.until) command.active = false;
      return line <= command.until || this.#holds(from);
    }
    if (!this.#holds(from)) return false;
    if (to.type === "line") command.until = to.line;
    else if (to.type === "plus") command.until = line + to.count;
    else if (to.type === "multiple") command.until = to.count > 0 ? Math.ceil(line / to.count) * to.count : line;
    else if (to.type === "step") command.until = line;
    command.active = to.type === "match" || to.type === "last" || line < command.until;
    return true;
  }

  /** What becomes of the pattern space: printed, or printed and an end with a code. */
  #cycle(): "printed" | "deleted" | "again" | "quit" | number {
    const { commands, silent, end } = this.#world;
    for (let at = 0; at < commands.length; at++) {
      const command = commands[at] as Command;
      if (this.#selects(command) === command.negated) {
        if (command.name === "{") at = command.jump - 1;
        continue;
      }
      switch (command.name) {
        case "=":
          this.#output.write(`${this.#number}\n`);
          break;
        case "a":
          this.#pending.push({ text: command.text });
          break;
        case "i":
          this.#output.write(command.text);
          break;
        case "c":
          if (command.to === undefined || !command.active || command.negated) this.#output.write(command.text);
          return "deleted";
        case "t":
        case "T":
          if (this.#replaced === (command.name === "t")) at = command.jump - 1;
          this.#replaced = false;
          break;
        case "b":
          at = command.jump - 1;
          break;
        case "d":
          return "deleted";
        case "D": {
          const line = this.#space.indexOf(end);
          if (line < 0) return "deleted";
          this.#space = this.#space.slice(line + 1);
          return "again";
        }
        case "F":
          this.#output.write(`${this.#world.inputs[this.#input]?.name ?? "-"}\n`);
          break;
        case "g":
          this.#space = this.#hold;
          break;
        case "G":
          this.#space += end + this.#hold;
          break;
        case "h":
          this.#hold = this.#space;
          break;
        case "H":
          this.#hold += end + this.#space;
          break;
        case "x":
          [this.#space, this.#hold] = [this.#hold, this.#space];
          break;
        case "l":
          this.#output.write(shown(this.#world.encode(this.#space), command.number ?? this.#world.width));
          break;
        case "n":
          if (this.#isLast()) return "printed";
          if (!silent) this.#print();
          this.#space = this.#take() as string;
          break;
        case "N": {
          if (this.#isLast()) return "printed";
          const before = this.#space;
          this.#space = before + end + (this.#take() as string);
          break;
        }
        case "p":
          this.#print();
          break;
        case "P": {
          const [first = ""] = this.#space.split(end, 1);
          this.#output.write(first + end);
          break;
        }
        case "q":
          return command.number ?? 0;
        case "Q":
          this.#code = command.number ?? 0;
          return "quit";
        case "r": {
          const bytes = this.#world.content(command.text);
          if (bytes !== undefined) this.#pending.push({ bytes });
          break;
        }
        case "R":
          this.#lineOf(command.text);
          break;
        case "s":
          this.#substitute(command);
          break;
        case "w":
          this.#print(this.#space, this.#world.file(command.text));
          break;
        case "W":
          this.#world.file(command.text).write(this.#space.split(end, 1)[0] + end);
          break;
        case "y": {
          const { table } = command as { table: ReadonlyMap<string, string> };
          this.#space = Array.from(this.#space, (one) => table.get(one) ?? one).join("");
          break;
        }
        case "z":
          this.#space = "";
          break;
        default:
      }
    }
    return "printed";
  }

  #lineOf(name: string): void {
    let lines = this.#read.get(name);
    if (lines === undefined) {
      lines = linesOf(this.#world.decode(this.#world.content(name) ?? ""), this.#world.end).reverse();
      this.#read.set(name, lines);
    }
    const line = lines.pop();
    if (line !== undefined) this.#pending.push({ text: line + this.#world.end });
  }

  #substitute(command: Command): void {
    const what = command.substitution as NonNullable<Command["substitution"]>;
    const result = substituted(this.#space, this.#pattern(command.pattern), what);
    if (result === undefined) return;
    this.#space = result;
    this.#replaced = true;
    if (what.prints > 0) this.#print();
    if (command.text !== "") this.#print(result, this.#world.file(command.text));
  }
}

const SHOWN: Readonly<Record<string, string>> = {
  ...{ "\\": "\\\\", "\x07": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v" },
};

function shown(bytes: string, width: number): string {
  let [result, used] = ["", 0];
  for (const one of bytes) {
    const text = SHOWN[one] ?? (/[ -~]/.test(one) ? one : `\\${one.charCodeAt(0).toString(8).padStart(3, "0")}`);
    if (width > 1 && used + text.length > width - 1) {
      result += "\\\n";
      used = 0;
    }
    result += text;
    used += text.length;
  }
  return `${result}$\n`;
}
