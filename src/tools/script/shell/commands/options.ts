/** What a command's words come to. */
export interface Parsed {
  readonly flags: ReadonlySet<string>;
  /** The last value of each option that takes one. */
  readonly values: ReadonlyMap<string, string>;
  /** Every value of each, in order. */
  readonly all: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
  /** Every option with its value, in the order given: of some the last one counts. A flag's value is empty. */
  readonly sequence: readonly (readonly [letter: string, value: string])[];
}

export interface OptionRule {
  /** Letters of options without a value. */
  readonly flags: string;
  /** Letters of options with one, in the same word or the next. */
  readonly values: string;
  /** Letters of options with a value in the same word alone, or none. */
  readonly optional?: string;
  /**
   * Letters by long name, of which a beginning is enough where it says which. What has a name alone stands for itself;
   * with `=` before it it takes a value, with `?` it takes one behind `=` alone.
   */
  readonly long?: Readonly<Record<string, string>>;
  /** What the command ends with where its words are wrong, instead of 1. */
  readonly trouble?: number;
  /** What `--help` says, where it is not told by the options. */
  readonly help?: string;
  /** Whether the first operand ends the options. */
  readonly strict?: boolean;
}

/**
 * Sorts words into options and operands as getopt does; answers what is wrong instead where it cannot, and `help` where
 * that is asked for.
 */
export function parseOptions(words: readonly string[], rule: OptionRule): Parsed | string {
  const flags = new Set<string>();
  const all = new Map<string, string[]>();
  const operands: string[] = [];
  const sequence: [string, string][] = [];
  const optional = rule.optional ?? "";
  const set = (letter: string): void => {
    flags.add(letter);
    sequence.push([letter, ""]);
  };
  const give = (letter: string, value: string): void => {
    sequence.push([letter, value]);
    const values = all.get(letter);
    if (values === undefined) all.set(letter, [value]);
    else values.push(value);
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === "--" || (rule.strict === true && (word === "-" || !word.startsWith("-")))) {
      operands.push(...words.slice(word === "--" ? i + 1 : i));
      break;
    }
    if (word === "-" || !word.startsWith("-")) {
      operands.push(word);
    } else if (word.startsWith("--")) {
      if (word === "--help") return "help";
      const [name = "", value] = word.slice(2).split(/=(.*)/s);
      const found = longOption(name, rule.long ?? {});
      if (found === undefined) return `unrecognized option '${word}'`;
      if (typeof found !== "string")
        return `option '--${name}' is ambiguous; possibilities: ${found.map((one) => `'--${one}'`).join(" ")}`;
      const letter = found.replace(/^[=?]/, "");
      const takes = found.startsWith("=") || rule.values.includes(letter);
      const may = found.startsWith("?") || optional.includes(letter);
      if (!takes && !may && value !== undefined) return `option '--${name}' doesn't allow an argument`;
      if (value !== undefined) give(letter, value);
      else if (!takes) set(letter);
      else if (++i < words.length) give(letter, words[i] as string);
      else return `option '${word}' requires an argument`;
    } else {
      for (let at = 1; at < word.length; at++) {
        const letter = word[at] as string;
        if (rule.flags.includes(letter)) set(letter);
        else if (optional.includes(letter)) {
          if (at + 1 < word.length) give(letter, word.slice(at + 1));
          else set(letter);
          break;
        } else if (!rule.values.includes(letter)) return `invalid option -- '${letter}'`;
        else {
          const rest = word.slice(at + 1);
          if (rest !== "") give(letter, rest);
          else if (++i < words.length) give(letter, words[i] as string);
          else return `option requires an argument -- '${letter}'`;
          break;
        }
      }
    }
  }
  return {
    flags,
    all,
    operands,
    sequence,
    values: new Map([...all].map(([letter, values]) => [letter, values.at(-1) as string])),
  };
}

/** What a long name stands for, or the only one that begins with it; the names where there are several. */
function longOption(name: string, long: Readonly<Record<string, string>>): string | readonly string[] | undefined {
  if (Object.hasOwn(long, name)) return long[name];
  const begun = Object.keys(long).filter((one) => one.startsWith(name));
  return new Set(begun.map((one) => long[one])).size <= 1 ? long[begun[0] ?? ""] : begun;
}
