// Expressions of POSIX as trees: basic, extended, and those of Emacs.
import { Failure } from "../command.ts";
import { bracket, NOT_SPACE, NOT_WORD, SPACE, WORD } from "./brackets.ts";
import { type Anchor, choice, type Node, type Source, sequence, sign } from "./tree.ts";

export type Dialect = "basic" | "extended" | "emacs";

const ANY: Source = { narrow: "[^]", wide: "[^]" };
const CLASSES: Readonly<Record<string, Source>> = { w: WORD, W: NOT_WORD, s: SPACE, S: NOT_SPACE };
const ANCHORS: Readonly<Record<string, Anchor>> = {
  ...{ b: "edge", B: "inside", "<": "word-start", ">": "word-end", "`": "start", "'": "end" },
};
const NOTHING_BEFORE = "Invalid preceding regular expression";
const MOST_NESTED = 200;
const MOST_REPEATS = 32_767;

/**
 * Takes a pattern apart; throws a {@link Failure} in the words of the C library. `strict` is as sed has it: what repeats
 * nothing is an error where it is extended, what repeats a repetition where it is basic.
 */
export function treeOf(pattern: string, dialect: Dialect, ignoreCase: boolean, strict = false): Node {
  const parser = new Parser(pattern, dialect, ignoreCase, strict);
  return parser.choice(0);
}

class Parser {
  readonly #pattern: string;
  readonly #dialect: Dialect;
  readonly #ignoreCase: boolean;
  readonly #strict: boolean;
  #at = 0;
  #groups = 0;
  #closed = 0;

  constructor(pattern: string, dialect: Dialect, ignoreCase: boolean, strict: boolean) {
    this.#pattern = pattern;
    this.#dialect = dialect;
    this.#ignoreCase = ignoreCase;
    this.#strict = strict;
  }

  get ended(): boolean {
    return this.#at >= this.#pattern.length;
  }

  /** The operator at hand: its sign, whichever way the dialect writes it. */
  #operator(): { sign: string; length: number } | undefined {
    const escaped = this.#pattern[this.#at] === "\\";
    const character = this.#pattern[escaped ? this.#at + 1 : this.#at];
    if (character === undefined) return undefined;
    if (character === "*" && !escaped) return { sign: "*", length: 1 };
    const usual = this.#dialect === "extended" ? "()|+?{" : this.#dialect === "emacs" ? "+?" : "";
    const backslashed = this.#dialect === "extended" ? "" : this.#dialect === "emacs" ? "()|" : "()|+?{";
    if (!(escaped ? backslashed : usual).includes(character)) return undefined;
    return { sign: character, length: escaped ? 2 : 1 };
  }

  choice(depth: number): Node {
    const options = [this.#sequence(depth)];
    for (let found = this.#operator(); found?.sign === "|"; found = this.#operator()) {
      this.#at += found.length;
      options.push(this.#sequence(depth));
    }
    return choice(options);
  }

  #sequence(depth: number): Node {
    const parts: Node[] = [];
    const extended = this.#dialect === "extended";
    let begins = true;
    while (!this.ended) {
      const found = this.#operator();
      if (found?.sign === "|" || found?.sign === ")") {
        if (found.sign === "|" || depth > 0) break;
        if (!extended) throw new Failure("Unmatched ) or \\)", 2);
        // one that closes nothing is a sign like others
        this.#at++;
        parts.push(sign(")"));
        begins = false;
        continue;
      }
      const repeats = found !== undefined && "*+?{".includes(found.sign) ? this.#repeats(found) : undefined;
      if (repeats !== undefined && !begins) {
        parts.push({ type: "repeat", node: parts.pop() as Node, least: repeats[0], most: repeats[1] });
        this.#at = repeats[2];
        if (this.#strict && !extended && "*{".includes(this.#operator()?.sign ?? " "))
          throw new Failure(NOTHING_BEFORE, 2);
        continue;
      }
      if (repeats !== undefined && extended && this.#strict) throw new Failure(NOTHING_BEFORE, 2);
      if (repeats !== undefined && extended && found?.sign !== "{") {
        // what repeats nothing is nothing
        this.#at = repeats[2];
        continue;
      }
      parts.push(found?.sign === "(" ? this.#group(depth, found.length) : this.#one(begins));
      const last = parts.at(-1) as Node;
      begins = (!extended || this.#strict) && begins && last.type === "anchor" && last.kind === "start";
    }
    return sequence(parts);
  }

  #group(depth: number, length: number): Node {
    if (depth >= MOST_NESTED) throw new Failure("Regular expression too big", 2);
    this.#at += length;
    const number = ++this.#groups;
    const node = this.choice(depth + 1);
    const found = this.#operator();
    if (found?.sign !== ")") throw new Failure("Unmatched ( or \\(", 2);
    this.#at += found.length;
    this.#closed = number;
    return { type: "group", node, number };
  }

  /** Least, most, and where the operator ends; undefined where it is none. */
  #repeats({ sign: operator, length }: { sign: string; length: number }): [number, number, number] | undefined {
    const end = this.#at + length;
    if (operator === "*") return [0, Number.POSITIVE_INFINITY, end];
    if (operator === "+") return [1, Number.POSITIVE_INFINITY, end];
    if (operator === "?") return [0, 1, end];
    const close = this.#dialect === "extended" ? /^(\d*)(,?)(\d*)\}/ : /^(\d*)(,?)(\d*)\\\}/;
    const [all, low = "", comma, high = ""] = close.exec(this.#pattern.slice(end, end + 32)) ?? [];
    if (all === undefined || (low === "" && comma === "")) {
      if (this.#dialect === "extended" && !this.#strict) return undefined;
      throw new Failure(this.#pattern.includes("\\}", end) ? "Invalid content of \\{\\}" : "Unmatched { or \\{", 2);
    }
    const least = low === "" ? 0 : Number(low);
    const most = comma === "" ? least : high === "" ? Number.POSITIVE_INFINITY : Number(high);
    if (most < least) throw new Failure("Invalid content of \\{\\}", 2);
    if (least > MOST_REPEATS || (most !== Number.POSITIVE_INFINITY && most > MOST_REPEATS))
      throw new Failure("Regular expression too big", 2);
    return [least, most, end + all.length];
  }

  #one(begins: boolean): Node {
    const pattern = this.#pattern;
    const character = String.fromCodePoint(pattern.codePointAt(this.#at) as number);
    if (character === "[") {
      const { node, end } = bracket(pattern, this.#at, this.#ignoreCase);
      this.#at = end;
      return node;
    }
    this.#at += character.length;
    if (character === ".") return { type: "sign", source: ANY };
    if (character === "^" && (begins || this.#dialect === "extended")) return { type: "anchor", kind: "start" };
    if (character === "$" && (this.#dialect === "extended" || this.#closes())) return { type: "anchor", kind: "end" };
    if (character !== "\\") return sign(character);
    if (this.ended) throw new Failure("Trailing backslash", 2);
    const escaped = String.fromCodePoint(pattern.codePointAt(this.#at) as number);
    this.#at += escaped.length;
    const source = CLASSES[escaped];
    if (source !== undefined) return { type: "sign", source };
    const kind = ANCHORS[escaped];
    if (kind !== undefined) return { type: "anchor", kind };
    if (!/[1-9]/.test(escaped)) return sign(escaped);
    const number = Number(escaped);
    if (number > this.#closed) throw new Failure("Invalid back reference", 2);
    return { type: "backreference", number };
  }

  /** Whether nothing of this branch is left. */
  #closes(): boolean {
    const found = this.#operator();
    return this.ended || found?.sign === "|" || found?.sign === ")";
  }
}
