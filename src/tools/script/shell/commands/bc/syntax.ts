import type { Token } from "./tokens.ts";

export type Place = { readonly name: string; readonly index?: Expression };

export type Expression =
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "assign"; readonly place: Place; readonly operator: string; readonly value: Expression }
  | { readonly kind: "step"; readonly place: Place; readonly by: 1 | -1; readonly before: boolean }
  | { readonly kind: "unary"; readonly operator: string; readonly value: Expression }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "call"; readonly name: string; readonly values: readonly Expression[] }
  | { readonly kind: "group"; readonly value: Expression };

export type Statement =
  | { readonly kind: "value"; readonly value: Expression }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly items: readonly (Expression | string)[] }
  | { readonly kind: "if"; readonly condition: Expression; readonly then: Statement; readonly otherwise?: Statement }
  | {
      readonly kind: "for";
      readonly first?: Expression;
      readonly condition?: Expression;
      readonly next?: Expression;
      readonly body: Statement;
    }
  | { readonly kind: "block"; readonly statements: readonly Statement[] }
  | { readonly kind: "return"; readonly value?: Expression }
  | { readonly kind: "break" | "continue" | "quit" };

export interface Definition {
  readonly kind: "define";
  readonly name: string;
  readonly parameters: readonly string[];
  readonly autos: readonly string[];
  readonly body: Statement;
}

export class SyntaxProblem extends Error {}

const DEEPEST = 100;
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["<", "<=", ">", ">=", "==", "!="],
  ["+", "-"],
  ["*", "/", "%"],
];
const ASSIGNMENTS = ["=", "+=", "-=", "*=", "/=", "%=", "^="];

/** Reads statements and definitions one by one, so that what stands before a mistake is done. */
export class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The next of the program, undefined at its end. */
  next(): Statement | Definition | undefined {
    while (this.#takes(";") || this.#takes("\n"));
    if (this.#isOver()) return undefined;
    const item = this.#word("define") ? this.#definition() : this.#statement();
    if (!this.#isOver() && !this.#takes(";") && !this.#takes("\n")) throw new SyntaxProblem("syntax error");
    return item;
  }

  #isOver(): boolean {
    return this.#token.kind === "end";
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #takes(sign: string): boolean {
    if (this.#token.kind !== "sign" || this.#token.text !== sign) return false;
    this.#at++;
    return true;
  }

  #word(name: string): boolean {
    if (this.#token.kind !== "name" || this.#token.text !== name) return false;
    this.#at++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw new SyntaxProblem("syntax error");
  }

  #name(): string {
    const { kind, text } = this.#token;
    if (kind !== "name") throw new SyntaxProblem("syntax error");
    this.#at++;
    return text;
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) throw new SyntaxProblem("nested too deep");
    const found = read();
    this.#depth--;
    return found;
  }

  #lines(): void {
    while (this.#takes("\n"));
  }

  #names(end: () => boolean): string[] {
    const names: string[] = [];
    while (!end()) {
      if (names.length > 0) this.#expect(",");
      names.push(this.#name());
      if (this.#takes("[")) this.#expect("]");
    }
    return names;
  }

  #definition(): Definition {
    const name = this.#name();
    this.#expect("(");
    const parameters = this.#names(() => this.#takes(")"));
    this.#lines();
    this.#expect("{");
    this.#lines();
    const autos = this.#word("auto") ? this.#names(() => this.#takes(";") || this.#takes("\n")) : [];
    return { kind: "define", name, parameters, autos, body: this.#block() };
  }

  #block(): Statement {
    const statements: Statement[] = [];
    for (;;) {
      while (this.#takes(";") || this.#takes("\n"));
      if (this.#takes("}")) return { kind: "block", statements };
      statements.push(this.#statement());
    }
  }

  #statement(): Statement {
    return this.#deeper(() => {
      const { kind, text } = this.#token;
      if (kind === "text") {
        this.#at++;
        return { kind: "text", text };
      }
      if (this.#takes("{")) return this.#block();
      for (const one of ["break", "continue", "quit", "halt"] as const)
        if (this.#word(one)) return { kind: one === "halt" ? "quit" : one };
      if (this.#word("return"))
        return this.#ends() ? { kind: "return" } : { kind: "return", value: this.#expression() };
      if (this.#word("if")) return this.#condition();
      if (this.#word("while")) {
        this.#expect("(");
        const condition = this.#expression();
        this.#expect(")");
        this.#lines();
        return { kind: "for", condition, body: this.#statement() };
      }
      if (this.#word("for")) return this.#loop();
      if (this.#word("print")) return this.#print();
      return { kind: "value", value: this.#expression() };
    });
  }

  #ends(): boolean {
    const { kind, text } = this.#token;
    return kind === "end" || (kind === "sign" && [";", "\n", "}"].includes(text));
  }

  #condition(): Statement {
    this.#expect("(");
    const condition = this.#expression();
    this.#expect(")");
    this.#lines();
    const then = this.#statement();
    const back = this.#at;
    while (this.#takes(";") || this.#takes("\n"));
    if (this.#word("else")) {
      this.#lines();
      return { kind: "if", condition, then, otherwise: this.#statement() };
    }
    this.#at = back;
    return { kind: "if", condition, then };
  }

  #loop(): Statement {
    this.#expect("(");
    const part = (end: string): Expression | undefined => {
      if (this.#takes(end)) return undefined;
      const value = this.#expression();
      this.#expect(end);
      return value;
    };
    const [first, condition, next] = [part(";"), part(";"), part(")")];
    this.#lines();
    const body = this.#statement();
    return { kind: "for", ...(first && { first }), ...(condition && { condition }), ...(next && { next }), body };
  }

  #print(): Statement {
    const items: (Expression | string)[] = [];
    do {
      const { kind, text } = this.#token;
      if (kind === "text") this.#at++;
      items.push(kind === "text" ? text : this.#expression());
    } while (this.#takes(","));
    return { kind: "print", items };
  }

  #expression(): Expression {
    return this.#deeper(() => this.#assignment());
  }

  #assignment(): Expression {
    const left = this.#binary(0);
    const { kind, text } = this.#token;
    if (kind !== "sign" || !ASSIGNMENTS.includes(text)) return left;
    // `a = b` binds the place that stands last: -a = 3 is not written
    if (left.kind !== "place") throw new SyntaxProblem("syntax error");
    this.#at++;
    return { kind: "assign", place: left.place, operator: text.slice(0, -1), value: this.#expression() };
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = level === 2 && this.#takes("!") ? this.#not() : this.#binary(level + 1);
    for (;;) {
      const { kind, text } = this.#token;
      if (kind !== "sign" || !operators.includes(text)) return left;
      this.#at++;
      left = { kind: "binary", operator: text, left, right: this.#binary(level + 1) };
    }
  }

  #not(): Expression {
    return { kind: "unary", operator: "!", value: this.#deeper(() => this.#binary(2)) };
  }

  #unary(): Expression {
    const base = this.#signed();
    if (!this.#takes("^")) return base;
    return { kind: "binary", operator: "^", left: base, right: this.#deeper(() => this.#unary()) };
  }

  /** Of all operators, the minus in front binds most. */
  #signed(): Expression {
    if (!this.#takes("-")) return this.#primary();
    return { kind: "unary", operator: "-", value: this.#deeper(() => this.#signed()) };
  }

  #primary(): Expression {
    const { kind, text } = this.#token;
    for (const [sign, by] of [
      ["++", 1],
      ["--", -1],
    ] as const)
      if (this.#takes(sign)) return { kind: "step", place: this.#place(), by, before: true };
    if (this.#takes("(")) {
      const value = this.#expression();
      this.#expect(")");
      return { kind: "group", value };
    }
    if (kind === "number") {
      this.#at++;
      return { kind: "number", text };
    }
    if (kind !== "name") throw new SyntaxProblem("syntax error");
    const after = this.#tokens[this.#at + 1];
    if (after?.kind === "sign" && after.text === "(") return this.#call();
    const place = this.#place();
    if (this.#takes("++")) return { kind: "step", place, by: 1, before: false };
    if (this.#takes("--")) return { kind: "step", place, by: -1, before: false };
    return { kind: "place", place };
  }

  #call(): Expression {
    const name = this.#name();
    this.#expect("(");
    const values: Expression[] = [];
    while (!this.#takes(")")) {
      if (values.length > 0) this.#expect(",");
      values.push(this.#expression());
    }
    return { kind: "call", name, values };
  }

  #place(): Place {
    const name = this.#name();
    if (!this.#takes("[")) return { name };
    const index = this.#expression();
    this.#expect("]");
    return { name, index };
  }
}
