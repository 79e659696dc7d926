/** What a command's words come to. */
export interface Parsed {
  readonly flags: ReadonlySet<string>;
  /** The last value of each option that takes one. */
  readonly values: ReadonlyMap<string, string>;
  /** Every value of each, in order. */
  readonly all: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
  /** The letters of all options in the order given: of some the last one counts. */
  readonly sequence: readonly string[];
}

export interface OptionRule {
  /** Letters of options without a value. */
  readonly flags: string;
  /** Letters of options with one, in the same word or the next. */
  readonly values: string;
  /**
   * Letters by long name. What has a name alone stands for itself; with `=` before it it takes a value, with `?` it takes
   * one behind `=` alone.
   */
  readonly long?: Readonly<Record<string, string>>;
  /** Whether the first operand ends the options. */
  readonly strict?: boolean;
}

/** Sorts words into options and operands as getopt does; answers what is wrong instead where it cannot. */
export function parseOptions(words: readonly string[], rule: OptionRule): Parsed | string {
  const flags = new Set<string>();
  const all = new Map<string, string[]>();
  const operands: string[] = [];
  const sequence: string[] = [];
  const set = (letter: string): void => {
    flags.add(letter);
    sequence.push(letter);
  };
  const give = (letter: string, value: string): void => {
    sequence.push(letter);
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
      const [name = "", value] = word.slice(2).split(/=(.*)/s);
      const found = longOption(name, rule.long ?? {});
      if (found === undefined) return `unrecognized option '${word}'`;
      const letter = found.replace(/^[=?]/, "");
      const takes = found.startsWith("=") || rule.values.includes(letter);
      if (!takes && value !== undefined && !found.startsWith("?"))
        return `option '--${name}' doesn't allow an argument`;
      if (value !== undefined) give(letter, value);
      else if (!takes) set(letter);
      else if (++i < words.length) give(letter, words[i] as string);
      else return `option '${word}' requires an argument`;
    } else {
      for (let at = 1; at < word.length; at++) {
        const letter = word[at] as string;
        if (rule.flags.includes(letter)) set(letter);
        else if (!rule.values.includes(letter)) return `invalid option -- '${letter}'`;
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

/** What a long name stands for: itself, or the only one that begins with it. */
function longOption(name: string, long: Readonly<Record<string, string>>): string | undefined {
  if (Object.hasOwn(long, name)) return long[name];
  const begun = new Set(Object.keys(long).flatMap((one) => (one.startsWith(name) ? [long[one] as string] : [])));
  return begun.size === 1 ? [...begun][0] : undefined;
}
