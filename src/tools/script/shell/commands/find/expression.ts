// An expression of find as one test. Precedence: ( ), !, and, or, comma.
import { Failure } from "../command.ts";
import { ACTIONS } from "./actions.ts";
import { all, any, inTurn, not } from "./combined.ts";
import type { Test } from "./found.ts";
import { OPTIONS } from "./options.ts";
import type { Arguments, Primary, Search } from "./search.ts";
import { TESTS } from "./tests.ts";
import { newerTest, TIME_TESTS } from "./time-tests.ts";

const PRIMARIES: ReadonlyMap<string, Primary> = new Map(
  Object.entries({ ...TESTS, ...TIME_TESTS, ...ACTIONS, ...OPTIONS }),
);
const AND = new Set(["-a", "-and"]);
const OR = new Set(["-o", "-or"]);
const NOT = new Set(["!", "-not"]);
const MOST_NESTED = 100;

/** Makes the test of an expression; throws a {@link Failure} that says what is wrong with it. */
export async function expressionOf(words: readonly string[], search: Search): Promise<Test> {
  const parser = new Parser(words, search);
  const test = words.length === 0 ? () => true : await parser.list(0);
  if (parser.left === ")") throw new Failure("you have too many ')'");
  if (parser.left !== undefined) throw new Failure(`paths must precede expression: \`${parser.left}'`);
  if (search.deletes && search.prunes && !search.askedDepth)
    throw new Failure(
      "The -delete action automatically turns on -depth, but -prune does nothing when -depth is in effect.  If you want to carry on anyway, just explicitly use the -depth option.",
    );
  if (search.acts) return test;
  const print = await (ACTIONS["-print"] as Primary)(undefined as unknown as Arguments, search);
  return all([test, print]);
}

class Parser {
  readonly #words: readonly string[];
  readonly #search: Search;
  #at = 0;

  constructor(words: readonly string[], search: Search) {
    this.#words = words;
    this.#search = search;
  }

  get left(): string | undefined {
    return this.#words[this.#at];
  }

  #takes(words: ReadonlySet<string>): string | undefined {
    const word = this.left;
    if (word === undefined || !words.has(word)) return undefined;
    this.#at++;
    return word;
  }

  async list(depth: number): Promise<Test> {
    const tests = [await this.#or(depth)];
    while (this.left === ",") {
      this.#at++;
      this.#expect(",");
      tests.push(await this.#or(depth));
    }
    return inTurn(tests);
  }

  async #or(depth: number): Promise<Test> {
    const tests = [await this.#and(depth)];
    for (let operator = this.#takes(OR); operator !== undefined; operator = this.#takes(OR)) {
      this.#expect(operator);
      tests.push(await this.#and(depth));
    }
    return any(tests);
  }

  async #and(depth: number): Promise<Test> {
    const tests = [await this.#factor(depth)];
    for (;;) {
      const operator = this.#takes(AND);
      if (operator !== undefined) this.#expect(operator);
      else if (this.left === undefined || this.left === ")" || this.left === "," || OR.has(this.left)) break;
      tests.push(await this.#factor(depth));
    }
    return all(tests);
  }

  /** Something must follow an operator. */
  #expect(operator: string): void {
    if (this.left === undefined || this.left === ")") throw new Failure(`expected an expression after '${operator}'`);
  }

  async #factor(depth: number): Promise<Test> {
    let negated = false;
    for (let operator = this.#takes(NOT); operator !== undefined; operator = this.#takes(NOT)) {
      this.#expect(operator);
      negated = !negated;
    }
    const test = await this.#primary(depth);
    return negated ? not(test) : test;
  }

  async #primary(depth: number): Promise<Test> {
    const word = this.#words[this.#at++] as string;
    if (word === "(") {
      if (depth >= MOST_NESTED)
        throw new Failure(`invalid expression; more than ${MOST_NESTED} parentheses in each other`);
      if (this.left === ")") throw new Failure("invalid expression; empty parentheses are not allowed.");
      if (this.left === undefined)
        throw new Failure(
          "invalid expression; expected to find a ')' but didn't see one. Perhaps you need an extra predicate after '('",
        );
      const test = await this.list(depth + 1);
      if (this.left !== ")")
        throw new Failure("invalid expression; I was expecting to find a ')' somewhere but did not see one.");
      this.#at++;
      return test;
    }
    if (AND.has(word) || OR.has(word) || word === ",")
      throw new Failure(`invalid expression; you have used a binary operator '${word}' with nothing before it.`);
    if (word === ")") throw new Failure("you have too many ')'");
    if (!word.startsWith("-") || word === "-") throw new Failure(this.#stray(word));
    const primary = PRIMARIES.get(word) ?? newerTest(word);
    if (primary === undefined) throw new Failure(`unknown predicate \`${word}'`);
    return await primary(this.#arguments(word), this.#search);
  }

  #stray(word: string): string {
    const before = this.#words[this.#at - 3] ?? "";
    const hint = /^-i?(?:name|path|wholename|lname)$/.test(before)
      ? `\nfind: possible unquoted pattern after predicate \`${before}'?`
      : "";
    return `paths must precede expression: \`${word}'${hint}`;
  }

  #arguments(name: string): Arguments {
    const next = (): string => {
      const word = this.#words[this.#at++];
      if (word === undefined) throw new Failure(`missing argument to \`${name}'`);
      return word;
    };
    const command = (): { words: string[]; end: ";" | "+" } => {
      const words: string[] = [];
      for (let word = next(); ; word = next()) {
        if (word === ";" || (word === "+" && words.at(-1) === "{}" && !name.startsWith("-ok"))) {
          if (words.length === 0) break;
          return { words, end: word };
        }
        words.push(word);
      }
      throw new Failure(`invalid argument \`;' to \`${name}'`);
    };
    return { name, next, command };
  }
}
