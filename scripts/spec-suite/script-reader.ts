/** A parsed S-expression: an atom, the bytes of a string, or a list with the place of its text. */
export type Node = string | Uint8Array | List;

export interface List {
  readonly items: readonly Node[];
  readonly start: number;
  readonly end: number;
}

export function isList(node: Node | undefined): node is List {
  return typeof node === "object" && "items" in node;
}

/** The first item of a list, where it is an atom. */
export function head(node: Node | undefined): string {
  return isList(node) && typeof node.items[0] === "string" ? node.items[0] : "";
}

/** Parses the S-expressions of a .wast script; throws an Error on unbalanced text. */
export function readScript(text: string): List[] {
  const reader = new ScriptReader(text);
  const commands: List[] = [];
  for (let node = reader.next(); node !== undefined; node = reader.next()) if (isList(node)) commands.push(node);
  return commands;
}

const ATOM = /[^\s()";]+/y;

class ScriptReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next node, or undefined at the end of the text or of the list that is open. */
  next(): Node | undefined {
    this.#skipSpace();
    const text = this.#text;
    if (this.#at >= text.length) return undefined;
    const char = text[this.#at]!;
    if (char === ")") return undefined;
    if (char === '"') return this.#string();
    if (char !== "(") {
      ATOM.lastIndex = this.#at;
      const atom = ATOM.exec(text)?.[0] ?? char;
      this.#at += atom.length;
      return atom;
    }
    const start = this.#at++;
    const items: Node[] = [];
    for (let node = this.next(); node !== undefined; node = this.next()) items.push(node);
    if (text[this.#at] !== ")") throw new Error(`unbalanced parenthesis at ${start}`);
    this.#at++;
    return { items, start, end: this.#at };
  }

  #skipSpace(): void {
    const text = this.#text;
    for (;;) {
      const char = text[this.#at];
      if (char === ";" && text[this.#at + 1] === ";") {
        while (this.#at < text.length && text[this.#at] !== "\n" && text[this.#at] !== "\r") this.#at++;
      } else if (char === "(" && text[this.#at + 1] === ";") this.#skipBlockComment();
      else if (char !== undefined && /\s/.test(char)) this.#at++;
      else return;
    }
  }

  #skipBlockComment(): void {
    const text = this.#text;
    let depth = 0;
    do {
      const pair = text.slice(this.#at, this.#at + 2);
      if (pair === "(;") depth++;
      else if (pair === ";)") depth--;
      this.#at += pair === "(;" || pair === ";)" ? 2 : 1;
    } while (depth > 0 && this.#at < text.length);
  }

  #string(): Uint8Array {
    const text = this.#text;
    const out: number[] = [];
    let plain = "";
    const flush = () => {
      out.push(...Buffer.from(plain, "utf8"));
      plain = "";
    };
    for (this.#at++; text[this.#at] !== '"'; this.#at++) {
      if (this.#at >= text.length) throw new Error("string without end");
      if (text[this.#at] !== "\\") {
        plain += text[this.#at];
        continue;
      }
      const escaped = text[++this.#at]!;
      const named = { n: "\n", t: "\t", r: "\r", '"': '"', "'": "'", "\\": "\\" }[escaped];
      if (named !== undefined) plain += named;
      else if (escaped === "u") {
        const close = text.indexOf("}", this.#at);
        plain += String.fromCodePoint(Number.parseInt(text.slice(this.#at + 2, close).replaceAll("_", ""), 16));
        this.#at = close;
      } else {
        flush();
        out.push(Number.parseInt(text.slice(this.#at, this.#at + 2), 16));
        this.#at++;
      }
    }
    flush();
    this.#at++;
    return Uint8Array.from(out);
  }
}
