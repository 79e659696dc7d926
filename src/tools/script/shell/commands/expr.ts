import { bytesOf } from "./bytes.ts";
import { command, type Done, Failure } from "./command.ts";
import { Groups } from "./regex/groups.ts";
import { matcherOf } from "./regex/matcher.ts";
import { treeOf } from "./regex/syntax.ts";
import { type Node, some } from "./regex/tree.ts";

const HELP = `Usage: expr EXPRESSION

  A | B   A & B   A < B   A <= B   A = B   A != B   A >= B   A > B   A + B   A - B   A * B   A / B   A % B
  TEXT : PATTERN   match TEXT PATTERN   substr TEXT POSITION LENGTH   index TEXT CHARACTERS   length TEXT
  + TOKEN   ( EXPRESSION )
`;
const HINT = "\nTry 'expr --help' for more information.";
/** Digits of a number, and parentheses in each other. */
const LONGEST = 4000;
const DEEPEST = 100;
const LEVELS: readonly (readonly string[])[] = [
  ["|"],
  ["&"],
  ["<", "<=", "=", "==", "!=", ">=", ">"],
  ["+", "-"],
  ["*", "/", "%"],
  [":"],
];

export const expr = command(
  "expr",
  { flags: "", values: "", trouble: 2, strict: true, help: HELP },
  ({ operands }): Done => {
    if (operands.length === 0) throw new Failure(`missing operand${HINT}`, 2);
    const reading = new Reading(operands);
    const value = reading.level(0, true);
    reading.finish();
    return { stdout: `${bytesOf(value)}\n`, exitCode: isNull(value) ? 1 : 0 };
  },
  (words) => (words[0] === "--" ? words : ["--", ...words]),
);

const isNumber = (text: string): boolean => /^-?\d+$/.test(text);
const isNull = (text: string): boolean => /^(?:-?0+)?$/.test(text);

function numberOf(text: string): bigint {
  if (!isNumber(text)) throw new Failure("non-integer argument", 2);
  if (text.length > LONGEST) throw new Failure(`${text.slice(0, 20)}...: Numerical result out of range`, 3);
  return BigInt(text);
}

/** Words as they are read, each level of operators by the one that binds more. */
class Reading {
  private at = 0;
  private depth = 0;
  private readonly words: readonly string[];

  constructor(words: readonly string[]) {
    this.words = words;
  }

  finish(): void {
    if (this.at < this.words.length) throw new Failure(`syntax error: unexpected argument '${this.words[this.at]}'`, 2);
  }

  level(level: number, counts: boolean): string {
    const operators = LEVELS[level];
    if (operators === undefined) return this.named(counts);
    let left = this.level(level + 1, counts);
    for (;;) {
      const operator = this.words[this.at];
      if (operator === undefined || !operators.includes(operator)) return left;
      this.at++;
      const skips = (operator === "|" && !isNull(left)) || (operator === "&" && isNull(left));
      const right = this.level(level + 1, counts && !skips);
      if (counts) left = calculated(left, operator, right);
    }
  }

  private next(): string {
    const word = this.words[this.at];
    if (word === undefined) throw new Failure(`syntax error: missing argument after '${this.words[this.at - 1]}'`, 2);
    this.at++;
    return word;
  }

  private named(counts: boolean): string {
    const word = this.next();
    switch (word) {
      case "+":
        return this.next();
      case "length":
        return String([...this.named(counts)].length);
      case "match": {
        const text = this.named(counts);
        const pattern = this.named(counts);
        return counts ? matched(text, pattern) : "";
      }
      case "index": {
        const text = [...this.named(counts)];
        const signs = new Set(this.named(counts));
        return String(text.findIndex((sign) => signs.has(sign)) + 1);
      }
      case "substr": {
        const text = [...this.named(counts)];
        const [from, count] = [this.named(counts), this.named(counts)];
        if (!isNumber(from) || !isNumber(count) || Number(from) < 1 || Number(count) < 1) return "";
        return text.slice(Number(from) - 1, Number(from) - 1 + Number(count)).join("");
      }
      case "(": {
        if (++this.depth > DEEPEST) throw new Failure("too many parentheses", 3);
        const value = this.level(0, counts);
        const closing = this.words[this.at];
        if (closing === undefined)
          throw new Failure(`syntax error: expecting ')' after '${this.words[this.at - 1]}'`, 2);
        if (closing !== ")") throw new Failure(`syntax error: expecting ')' instead of '${closing}'`, 2);
        this.at++;
        this.depth--;
        return value;
      }
      case ")":
        throw new Failure("syntax error: unexpected ')'", 2);
      default:
        return word;
    }
  }
}

function calculated(left: string, operator: string, right: string): string {
  switch (operator) {
    case "|":
      return isNull(left) ? (isNull(right) ? "0" : right) : left;
    case "&":
      return isNull(left) || isNull(right) ? "0" : left;
    case ":":
      return matched(left, right);
    case "+":
      return String(numberOf(left) + numberOf(right));
    case "-":
      return String(numberOf(left) - numberOf(right));
    case "*":
      return String(numberOf(left) * numberOf(right));
    case "/":
    case "%": {
      const [a, b] = [numberOf(left), numberOf(right)];
      if (b === 0n) throw new Failure("division by zero", 2);
      return String(operator === "/" ? a / b : a % b);
    }
    default:
      return compared(left, operator, right) ? "1" : "0";
  }
}

function compared(left: string, operator: string, right: string): boolean {
  const numbers = isNumber(left) && isNumber(right);
  const [a, b] = numbers ? [numberOf(left), numberOf(right)] : [bytesOf(left), bytesOf(right)];
  const order = a < b ? -1 : a > b ? 1 : 0;
  if (operator === "<") return order < 0;
  if (operator === "<=") return order <= 0;
  if (operator === ">") return order > 0;
  if (operator === ">=") return order >= 0;
  return (order === 0) === (operator !== "!=");
}

/** What the first group held, or how many characters match where there is none. */
function matched(text: string, pattern: string): string {
  const read = treeOf(pattern, "basic", false);
  const tree: Node = { type: "sequence", parts: [{ type: "anchor", kind: "start" }, read] };
  const found = matcherOf(tree, true, false).exec(text, 0);
  if (!some(read, ({ type }) => type === "group")) return String([...text.slice(0, found?.end ?? 0)].length);
  return found === undefined ? "" : (new Groups(tree, true, false).in(text, 0, found.end)[1] ?? "");
}
