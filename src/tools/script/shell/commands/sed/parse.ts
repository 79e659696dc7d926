// A script of sed as commands.
import { Failure } from "../command.ts";
import { escapeAt, plainText } from "./escapes.ts";
import { Pattern } from "./pattern.ts";
import { partsOf, type Substitution } from "./substitute.ts";

export type Address =
  | { readonly type: "line"; readonly line: number }
  | { readonly type: "step"; readonly first: number; readonly step: number }
  | { readonly type: "last" }
  | { readonly type: "plus" | "multiple"; readonly count: number }
  /** Without a pattern: the last that was used. */
  | { readonly type: "match"; readonly pattern: Pattern | undefined };

export interface Command {
  readonly name: string;
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly negated: boolean;
  /** Text, a label, a file's name. */
  readonly text: string;
  readonly number: number | undefined;
  readonly pattern: Pattern | undefined;
  readonly substitution: (Substitution & { readonly prints: number }) | undefined;
  readonly table: ReadonlyMap<string, string> | undefined;
  /** Where to go on: behind a block, or at a label. */
  jump: number;
  /** Whether a range has begun, and the line where it ends. */
  active: boolean;
  until: number;
}

export interface Chunk {
  readonly text: string;
  /** The file it is of. */
  readonly file: string | undefined;
}

type Made = Partial<Pick<Command, "text" | "number" | "pattern" | "substitution" | "table">>;

export function commandsOf(chunks: readonly Chunk[], extended: boolean, wide: boolean): Command[] {
  return new Parser(chunks, extended, wide).run();
}

class Parser {
  readonly #chunks: readonly Chunk[];
  readonly #script: string;
  readonly #extended: boolean;
  readonly #wide: boolean;
  readonly #commands: Command[] = [];
  #at = 0;

  constructor(chunks: readonly Chunk[], extended: boolean, wide: boolean) {
    this.#chunks = chunks;
    this.#script = chunks.map(({ text }) => text).join("\n");
    this.#extended = extended;
    this.#wide = wide;
  }

  #fail(message: string, at = this.#at): never {
    let [begin, number] = [0, 0];
    for (const { text, file } of this.#chunks) {
      if (file === undefined) number++;
      if (at <= begin + text.length || begin + text.length + 1 > this.#script.length) {
        if (file === undefined) throw new Failure(`-e expression #${number}, char ${at - begin}: ${message}`);
        throw new Failure(`file ${file} line ${text.slice(0, at - begin).split("\n").length}: ${message}`);
      }
      begin += text.length + 1;
    }
    throw new Failure(message);
  }

  get #here(): string {
    return this.#script[this.#at] ?? "";
  }

  #skip(signs: RegExp): string {
    const begin = this.#at;
    while (this.#here !== "" && signs.test(this.#here)) this.#at++;
    return this.#script.slice(begin, this.#at);
  }

  run(): Command[] {
    const open: number[] = [];
    for (;;) {
      this.#skip(/[\s;]/);
      if (this.#here === "") break;
      const from = this.#address(true);
      let to: Address | undefined;
      if (from !== undefined) {
        this.#skip(/[ \t]/);
        if (this.#here === ",") {
          this.#at++;
          this.#skip(/[ \t]/);
          to = this.#address(false);
          if (to === undefined) this.#fail("unexpected `,'", this.#at + 1);
        }
        if (from.type === "line" && from.line === 0 && to?.type !== "match")
          this.#fail("invalid usage of line address 0", this.#at + 1);
      }
      this.#skip(/[ \t]/);
      const negated = this.#here === "!";
      if (negated) {
        this.#at++;
        this.#skip(/[ \t]/);
        if (this.#here === "!") this.#fail("multiple `!'s", this.#at + 1);
      }
      const name = this.#here;
      if (name === "") this.#fail("missing command");
      this.#at++;
      if (name === "#") {
        if (from !== undefined) this.#fail("comments don't accept any addresses");
        this.#skip(/[^\n]/);
        continue;
      }
      if (name === "}") {
        const begin = open.pop();
        if (begin === undefined || from !== undefined) this.#fail("unexpected `}'");
        (this.#commands[begin] as Command).jump = this.#commands.length;
        this.#end();
        continue;
      }
      if (name === ":" && from !== undefined) this.#fail(": doesn't want any addresses");
      if (/[qQ]/.test(name) && to !== undefined) this.#fail("command only uses one address");
      const made = this.#command(name);
      if (name === "{") open.push(this.#commands.length);
      this.#commands.push({
        ...{ text: "", number: undefined, pattern: undefined, substitution: undefined, table: undefined },
        ...{ name, from, to, negated, jump: 0, active: from?.type === "line" && from.line === 0, until: -1 },
        ...made,
      });
    }
    if (open.length > 0) this.#fail("unmatched `{'", 0);
    const labels = new Map<string, number>();
    for (const [i, { name, text }] of this.#commands.entries()) if (name === ":") labels.set(text, i);
    for (const one of this.#commands) {
      if (!/[btT]/.test(one.name)) continue;
      const jump = one.text === "" ? this.#commands.length : labels.get(one.text);
      if (jump === undefined) throw new Failure(`can't find label for jump to \`${one.text}'`, 4);
      one.jump = jump;
    }
    return this.#commands;
  }

  #address(first: boolean): Address | undefined {
    const sign = this.#here;
    if (/\d/.test(sign)) {
      const line = Number(this.#skip(/\d/));
      if (!first || this.#here !== "~") return { type: "line", line };
      this.#at++;
      return { type: "step", first: line, step: Number(this.#skip(/\d/)) };
    }
    if (sign === "$") {
      this.#at++;
      return { type: "last" };
    }
    if (/[+~]/.test(sign) && sign !== "") {
      if (first) this.#fail("invalid usage of +N or ~N as first address", this.#at + 2);
      this.#at++;
      return { type: sign === "+" ? "plus" : "multiple", count: Number(this.#skip(/\d/)) };
    }
    if (sign !== "/" && sign !== "\\") return undefined;
    this.#at++;
    const delimiter = sign === "/" ? "/" : this.#here;
    if (sign === "\\") this.#at++;
    const text = this.#delimited(delimiter, true);
    if (text === undefined) this.#fail("unterminated address regex");
    let flags = "";
    for (; /[IM]/.test(this.#here); this.#at++) flags += this.#here;
    return { type: "match", pattern: this.#pattern(text, flags) };
  }

  #pattern(text: string, flags: string): Pattern | undefined {
    if (text === "") return undefined;
    try {
      return new Pattern(text, {
        extended: this.#extended,
        ignoreCase: /i/i.test(flags),
        multiline: /m/i.test(flags),
        wide: this.#wide,
      });
    } catch (error) {
      if (error instanceof Failure || error instanceof SyntaxError) this.#fail(error.message);
      throw error;
    }
  }

  /** What stands before a delimiter, which is passed; a delimiter with a backslash before it stands for itself. */
  #delimited(delimiter: string, expression: boolean): string | undefined {
    const script = this.#script;
    let text = "";
    while (this.#at < script.length) {
      const one = script[this.#at] as string;
      if (one === delimiter) {
        this.#at++;
        return text;
      }
      if (one === "\n" && expression) return undefined;
      if (one === "\\") {
        const next = script[this.#at + 1];
        this.#at += 2;
        if (next === undefined) {
          this.#at--;
          return undefined;
        }
        text +=
          (next === delimiter && !(next === "&" && !expression)) || (next === "\n" && expression) ? next : `\\${next}`;
        continue;
      }
      if (one === "[" && expression) {
        const [all] = /^\[\^?\]?(?:\[[:.=][^\n]*?[:.=]\]|[^\]\n])*\]/.exec(script.slice(this.#at)) ?? [];
        if (all !== undefined) {
          text += all;
          this.#at += all.length;
          continue;
        }
      }
      text += one;
      this.#at++;
    }
    return undefined;
  }

  /** What may stand behind a command. */
  #end(): void {
    this.#skip(/[ \t]/);
    if (this.#here === "" || /[;\n#}]/.test(this.#here)) return;
    this.#fail("extra characters after command", this.#at + 1);
  }

  #file(): string {
    this.#skip(/[ \t]/);
    const text = this.#skip(/[^\n]/);
    if (text === "") this.#fail("missing filename in r/R/w/W commands");
    return text;
  }

  #command(name: string): Made {
    switch (name) {
      case "{":
        return {};
      case ":": {
        this.#skip(/[ \t]/);
        const text = this.#skip(/[^\n;]/).trimEnd();
        if (text === "") this.#fail('":" lacks a label');
        return { text };
      }
      case "b":
      case "t":
      case "T": {
        this.#skip(/[ \t]/);
        const text = this.#skip(/[^\s;}]/);
        this.#end();
        return { text };
      }
      case "a":
      case "i":
      case "c":
        return { text: this.#text() };
      case "r":
      case "R":
      case "w":
      case "W":
        return { text: this.#file() };
      case "q":
      case "Q":
      case "l": {
        this.#skip(/[ \t]/);
        const digits = this.#skip(/\d/);
        this.#end();
        return digits === "" ? {} : { number: Number(digits) };
      }
      case "v":
        this.#skip(/[^\n;]/);
        return {};
      case "s":
        return this.#substitution();
      case "y":
        return this.#table();
      case "e":
        this.#fail("e/r/w commands disabled in sandbox mode");
    }
    if (!"=dDgGhHnNpPxzF".includes(name)) this.#fail(`unknown command: \`${name}'`);
    this.#end();
    return {};
  }

  #text(): string {
    this.#skip(/[ \t]/);
    if (this.#here === "") this.#fail("expected \\ after `a', `c' or `i'");
    if (this.#here === "\\") {
      const begin = ++this.#at;
      this.#skip(/[ \t]/);
      if (this.#script[this.#at] === "\n") this.#at++;
      else this.#at = begin;
      if (this.#at >= this.#script.length) return "";
    }
    const [raw = ""] = /^(?:[^\\\n]|\\[\s\S])*\\?/.exec(this.#script.slice(this.#at)) ?? [];
    this.#at += raw.length + 1;
    return `${plainText(raw)}\n`;
  }

  #substitution(): Made {
    const delimiter = this.#here;
    this.#at++;
    const text = this.#delimited(delimiter, true);
    const replacement = text === undefined ? undefined : this.#delimited(delimiter, false);
    if (text === undefined || replacement === undefined) {
      this.#at = Math.min(this.#at, this.#script.length);
      this.#fail("unterminated `s' command");
    }
    let [global, prints, nth, flags, file] = [false, 0, 0, "", ""];
    for (;;) {
      const flag = this.#here;
      if (flag === "" || /[;\n#}]/.test(flag)) break;
      this.#at++;
      if (flag === "g") {
        if (global) this.#fail("multiple `g' options to `s' command");
        global = true;
      } else if (flag === "p") {
        if (prints > 0) this.#fail("multiple `p' options to `s' command");
        prints++;
      } else if (/[iImM]/.test(flag)) flags += flag;
      else if (/\d/.test(flag)) {
        if (nth > 0) this.#fail("multiple number options to `s' command");
        nth = Number(flag + this.#skip(/\d/));
        if (nth === 0) this.#fail("number option to `s' command may not be zero");
      } else if (flag === "w") {
        file = this.#file();
        break;
      } else if (flag === "e") this.#fail("e/r/w commands disabled in sandbox mode");
      else if (!/\s/.test(flag)) this.#fail("unknown option to `s'");
    }
    const pattern = this.#pattern(text, flags);
    const parts = partsOf(replacement);
    const most = Math.max(0, ...parts.filter((part) => typeof part === "number"));
    if (pattern !== undefined && most > pattern.groups) this.#fail(`invalid reference \\${most} on \`s' command's RHS`);
    return { pattern, text: file, substitution: { parts, grouped: most > 0, global, nth: Math.max(nth, 1), prints } };
  }

  #table(): Made {
    const delimiter = this.#here;
    this.#at++;
    const [from, to] = [this.#delimited(delimiter, false), this.#delimited(delimiter, false)];
    if (from === undefined || to === undefined) this.#fail("unterminated `y' command");
    const characters = (text: string): string[] => {
      const all: string[] = [];
      for (let at = 0; at < text.length; ) {
        const found = text[at] === "\\" ? escapeAt(text, at) : undefined;
        if (text[at] === "\\" && found === undefined && text[at + 1] === "\\") at++;
        const one = found?.text ?? String.fromCodePoint(text.codePointAt(at) as number);
        all.push(one);
        at = found?.end ?? at + one.length;
      }
      return all;
    };
    const [before, after] = [characters(from), characters(to)];
    if (before.length !== after.length) this.#fail("strings for `y' command are different lengths");
    this.#end();
    const table = new Map<string, string>();
    for (const [i, one] of before.entries()) if (!table.has(one)) table.set(one, after[i] as string);
    return { table };
  }
}
