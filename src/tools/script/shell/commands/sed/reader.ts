import { Failure } from "../command.ts";
import { Pattern } from "./pattern.ts";
import type { Chunk, Manner } from "./program.ts";

/** A place in a script, and what can be read from it on. */
export class Reader {
  readonly #chunks: readonly Chunk[];
  readonly #script: string;
  readonly #manner: Manner;
  #at = 0;

  constructor(chunks: readonly Chunk[], manner: Manner) {
    this.#chunks = chunks;
    this.#script = chunks.map(({ text }) => text).join("\n");
    this.#manner = manner;
  }

  /** Ends with a message that says where; `ahead` is how far beyond the place at hand. */
  fail(message: string, ahead = 0): never {
    const at = Math.min(this.#at + ahead, this.#script.length);
    let [begin, number] = [0, 0];
    for (const { text, file } of this.#chunks) {
      if (file === undefined) number++;
      if (at <= begin + text.length) {
        if (file === undefined) throw new Failure(`-e expression #${number}, char ${at - begin}: ${message}`);
        throw new Failure(`file ${file} line ${text.slice(0, at - begin).split("\n").length}: ${message}`);
      }
      begin += text.length + 1;
    }
    throw new Failure(message);
  }

  /** The character at hand; empty at the end. */
  get here(): string {
    return this.#script[this.#at] ?? "";
  }

  /** Passes a character. */
  pass(): string {
    const one = this.here;
    if (one !== "") this.#at++;
    return one;
  }

  /** Passes characters as long as they are such. */
  skip(signs: RegExp): string {
    const begin = this.#at;
    while (this.here !== "" && signs.test(this.here)) this.#at++;
    return this.#script.slice(begin, this.#at);
  }

  blanks(): void {
    this.skip(/[ \t]/);
  }

  /** Digits as a number; undefined where there are none. */
  number(): number | undefined {
    const digits = this.skip(/\d/);
    return digits === "" ? undefined : Number(digits);
  }

  /** Passes the end of a command. */
  end(): void {
    this.blanks();
    if (this.here !== "" && !/[;\n#}]/.test(this.here)) this.fail("extra characters after command", 1);
  }

  /** What is left of the line and the lines that a backslash adds to it; passes the line's end. */
  lines(): string {
    const [raw = ""] = /^(?:[^\\\n]|\\[\s\S])*\\?/.exec(this.#script.slice(this.#at)) ?? [];
    this.#at = Math.min(this.#at + raw.length + 1, this.#script.length);
    return raw;
  }

  /** Passes what matches here; `undefined` where it does not. */
  take(expression: RegExp): string | undefined {
    const [all] = expression.exec(this.#script.slice(this.#at)) ?? [];
    this.#at += all?.length ?? 0;
    return all;
  }

  /** What stands before a delimiter, which is passed; a delimiter with a backslash before it stands for itself. */
  delimited(delimiter: string, expression: boolean): string | undefined {
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
        this.#at += next === undefined ? 1 : 2;
        if (next === undefined) return undefined;
        const itself = (next === delimiter && !(next === "&" && !expression)) || (next === "\n" && expression);
        text += itself ? next : `\\${next}`;
        continue;
      }
      const [set] = (one === "[" && expression && SET.exec(script.slice(this.#at))) || [one];
      text += set;
      this.#at += set.length;
    }
    return undefined;
  }

  /** An expression; undefined where it is empty. */
  pattern(text: string, flags: string): Pattern | undefined {
    if (text === "") return undefined;
    try {
      return new Pattern(text, { ...this.#manner, ignoreCase: /i/i.test(flags), multiline: /m/i.test(flags) });
    } catch (error) {
      if (error instanceof Failure || error instanceof SyntaxError) this.fail(error.message);
      throw error;
    }
  }
}

/** A delimiter in brackets is one of their characters. */
const SET = /^\[\^?\]?(?:\[[:.=][^\n]*?[:.=]\]|[^\]\n])*\]/;
