import {
  compare,
  type Decimal,
  difference,
  integerOf,
  isZero,
  negated,
  ONE,
  power,
  product,
  quotient,
  readDecimal,
  remainder,
  shown,
  squareRoot,
  sum,
  whole,
  ZERO,
} from "./decimal.ts";
import { arcTangent, cosine, exponential, logarithm, sine } from "./functions.ts";
import type { Definition, Expression, Place, Statement } from "./syntax.ts";

/** Ends a program. */
export class MathProblem extends Error {}

type Flow = "on" | "break" | "continue" | "quit" | { readonly value: Decimal };

/** Columns of a line, after which a number goes on in the next. */
const LINE = 69;
const LONGEST_EXPONENT = 100_000n;
const DEEPEST = 200;
const LARGEST_SCALE = 10_000;
const LETTERS: Readonly<Record<string, (x: Decimal, scale: number) => Decimal>> = {
  s: sine,
  c: cosine,
  a: arcTangent,
  l: (x, scale) => (compare(x, ZERO) > 0 ? logarithm(x, scale) : { units: 1n - 10n ** BigInt(scale), scale: 0 }),
  e: exponential,
};

/** Runs what was read of a program; what it prints gathers in `output`. */
export class Machine {
  output = "";
  scale = 0;
  readonly #variables = new Map<string, Decimal>();
  readonly #functions = new Map<string, Definition>();
  readonly #library: boolean;
  #inputBase = 10;
  #outputBase = 10;
  #depth = 0;

  constructor(library: boolean) {
    this.#library = library;
    if (library) this.scale = 20;
  }

  /** Whether the program goes on. */
  run(item: Statement | Definition): boolean {
    if (item.kind !== "define") return this.#do(item) !== "quit";
    this.#functions.set(item.name, item);
    return true;
  }

  #print(value: Decimal): string {
    const text = shown(value, this.#outputBase);
    if (text.length <= LINE) return text;
    return (text.match(new RegExp(`.{1,${LINE - 1}}`, "g")) as string[]).join("\\\n");
  }

  #do(statement: Statement): Flow {
    switch (statement.kind) {
      case "value": {
        const value = this.#evaluate(statement.value);
        if (statement.value.kind !== "assign") this.output += `${this.#print(value)}\n`;
        if (statement.value.kind !== "assign") this.#variables.set("last", value);
        return "on";
      }
      case "text":
        this.output += statement.text;
        return "on";
      case "print":
        for (const item of statement.items)
          this.output += typeof item === "string" ? unescaped(item) : this.#print(this.#evaluate(item));
        return "on";
      case "if": {
        const branch = isZero(this.#evaluate(statement.condition)) ? statement.otherwise : statement.then;
        return branch === undefined ? "on" : this.#do(branch);
      }
      case "for":
        return this.#loop(statement);
      case "block":
        for (const one of statement.statements) {
          const flow = this.#do(one);
          if (flow !== "on") return flow;
        }
        return "on";
      case "return":
        return { value: statement.value === undefined ? ZERO : this.#evaluate(statement.value) };
      default:
        return statement.kind;
    }
  }

  #loop({ first, condition, next, body }: Extract<Statement, { kind: "for" }>): Flow {
    if (first !== undefined) this.#evaluate(first);
    while (condition === undefined || !isZero(this.#evaluate(condition))) {
      const flow = this.#do(body);
      if (flow === "break") return "on";
      if (flow !== "on" && flow !== "continue") return flow;
      if (next !== undefined) this.#evaluate(next);
    }
    return "on";
  }

  #evaluate(expression: Expression): Decimal {
    switch (expression.kind) {
      case "number":
        return readDecimal(expression.text, this.#inputBase);
      case "group":
        return this.#evaluate(expression.value);
      case "place":
        return this.#get(expression.place);
      case "step": {
        const before = this.#get(expression.place);
        const after = sum(before, whole(expression.by));
        this.#set(expression.place, after);
        return expression.before ? after : before;
      }
      case "assign": {
        const value = this.#evaluate(expression.value);
        const { operator, place } = expression;
        const assigned = operator === "" ? value : this.#calculate(operator, this.#get(place), value);
        this.#set(place, assigned);
        return assigned;
      }
      case "unary": {
        const value = this.#evaluate(expression.value);
        return expression.operator === "-" ? negated(value) : truth(isZero(value));
      }
      case "binary":
        return this.#calculate(expression.operator, this.#evaluate(expression.left), this.#evaluate(expression.right));
      case "call":
        return this.#call(expression.name, expression.values);
    }
  }

  #calculate(operator: string, a: Decimal, b: Decimal): Decimal {
    const { scale } = this;
    switch (operator) {
      case "+":
        return sum(a, b);
      case "-":
        return difference(a, b);
      case "*":
        return product(a, b, scale);
      case "/":
      case "%":
        if (isZero(b)) throw new MathProblem("Divide by zero");
        return operator === "/" ? quotient(a, b, scale) : remainder(a, b, scale);
      case "^": {
        const exponent = integerOf(b);
        if (exponent > LONGEST_EXPONENT || exponent < -LONGEST_EXPONENT) throw new MathProblem("exponent too large");
        if (exponent < 0n && isZero(a)) throw new MathProblem("Divide by zero");
        return power(a, exponent, scale);
      }
      case "&&":
        return truth(!isZero(a) && !isZero(b));
      case "||":
        return truth(!isZero(a) || !isZero(b));
      default: {
        const order = compare(a, b);
        const holds = { "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0, "==": order === 0 };
        return truth(operator === "!=" ? order !== 0 : (holds[operator as "<"] as boolean));
      }
    }
  }

  #key({ name, index }: Place): string {
    return index === undefined ? name : `${name}[${integerOf(this.#evaluate(index))}]`;
  }

  #get(place: Place): Decimal {
    if (place.index === undefined) {
      if (place.name === "scale") return whole(this.scale);
      if (place.name === "ibase") return whole(this.#inputBase);
      if (place.name === "obase") return whole(this.#outputBase);
    }
    return this.#variables.get(this.#key(place)) ?? ZERO;
  }

  #set(place: Place, value: Decimal): void {
    const bounded = (least: number, most: number): number => {
      const given = integerOf(value);
      return Number(given < BigInt(least) ? BigInt(least) : given > BigInt(most) ? BigInt(most) : given);
    };
    if (place.index !== undefined) this.#variables.set(this.#key(place), value);
    else if (place.name === "scale") this.scale = bounded(0, LARGEST_SCALE);
    else if (place.name === "ibase") this.#inputBase = bounded(2, 16);
    else if (place.name === "obase") this.#outputBase = bounded(2, 1_000_000);
    else this.#variables.set(place.name, value);
  }

  #call(name: string, given: readonly Expression[]): Decimal {
    const definition = this.#functions.get(name);
    if (definition !== undefined) return this.#defined(definition, given);
    const [first] = given;
    if (first === undefined || given.length > 1) throw new MathProblem(`Function ${name} not defined`);
    const value = this.#evaluate(first);
    if (name === "sqrt") {
      if (value.units < 0n) throw new MathProblem("Square root of a negative number");
      return squareRoot(value, this.scale);
    }
    if (name === "scale") return whole(value.scale);
    if (name === "length") return whole(String(value.units < 0n ? -value.units : value.units).length);
    const letter = this.#library && Object.hasOwn(LETTERS, name) ? LETTERS[name] : undefined;
    if (letter === undefined) throw new MathProblem(`Function ${name} not defined`);
    return letter(value, this.scale);
  }

  #defined({ name, parameters, autos, body }: Definition, given: readonly Expression[]): Decimal {
    if (given.length !== parameters.length) throw new MathProblem(`Parameter number mismatch in ${name}`);
    if (++this.#depth > DEEPEST) throw new MathProblem("Function calls nested too deep");
    const values = given.map((one) => this.#evaluate(one));
    const own = [...parameters, ...autos];
    const before = own.map((one) => this.#variables.get(one));
    for (const [i, one] of own.entries()) this.#variables.set(one, values[i] ?? ZERO);
    const flow = this.#do(body);
    for (const [i, one] of own.entries()) {
      const earlier = before[i];
      if (earlier === undefined) this.#variables.delete(one);
      else this.#variables.set(one, earlier);
    }
    this.#depth--;
    return typeof flow === "object" ? flow.value : ZERO;
  }
}

const truth = (holds: boolean): Decimal => (holds ? ONE : ZERO);

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  q: '"',
  "\\": "\\",
  a: "\u0007",
  r: "\r",
  b: "\b",
  f: "\f",
};
const unescaped = (text: string): string => text.replace(/\\(.)/g, (all, sign: string) => ESCAPES[sign] ?? all);
