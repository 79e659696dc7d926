// xargs, as findutils has it; what -P would run side by side runs in turn.

import { textOf } from "./bytes.ts";
import { command, Failure, type Given, reasonOf } from "./command.ts";
import { run, shellWord } from "./running.ts";
import { delimited, delimiterOf, wholeLines, wordLines } from "./xargs/items.ts";

const MOST_CHARACTERS = 131_072;
const RULE = {
  flags: "0rtxpo",
  values: "nIdLPsaE",
  long: {
    ...{ null: "0", "no-run-if-empty": "r", verbose: "t", exit: "x", interactive: "p", "open-tty": "o" },
    ...{ "max-args": "n", delimiter: "d", replace: "I", "max-procs": "P", "max-lines": "L", "arg-file": "a" },
    ...{ "max-chars": "s", eof: "E" },
  } as Readonly<Record<string, string>>,
  strict: true,
};
/** Older spellings, whose value stands in the same word or is left out. */
const OLDER: Readonly<Record<string, readonly [string, string]>> = {
  ...{ i: ["I", "{}"], l: ["L", "1"], e: ["E", ""] },
  ...{ "--replace": ["I", "{}"], "--max-lines": ["L", "1"], "--eof": ["E", ""] },
};

function number(values: Given["values"], letter: string, least: number): number | undefined {
  const text = values.get(letter);
  if (text === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw new Failure(`invalid number "${text}" for -${letter} option`);
  if (Number(text) < least) throw new Failure(`value ${text} for -${letter} option should be >= ${least}`);
  return Number(text);
}

/** Adds what is read to the lines; what was read before a quote that is left open is there. */
function readLines(input: string, { flags, values }: Given, byLine: boolean, lines: string[][]): void {
  const delimiter = flags.has("0") ? "\0" : values.get("d");
  if (delimiter !== undefined) {
    for (const item of delimited(input, flags.has("0") ? "\0" : delimiterOf(delimiter))) lines.push(item);
    return;
  }
  const end = values.get("E") === "" ? undefined : values.get("E");
  (byLine ? wholeLines : wordLines)(input, end, lines);
}

/** The words of each command: so many, so many lines, or what fits. */
function* batches(lines: readonly (readonly string[])[], given: Given, fixed: readonly string[]): Generator<string[]> {
  const { all, flags, values } = given;
  // of these the last one counts
  const by = [...all.keys()].filter((letter) => "nL".includes(letter)).at(-1);
  const most = by === undefined ? Number.POSITIVE_INFINITY : (number(values, by, 1) as number);
  const room = (number(values, "s", 1) ?? MOST_CHARACTERS) - fixed.reduce((sum, word) => sum + word.length + 1, 0);
  const units = by === "L" ? lines : lines.flat().map((word) => [word]);
  let [batch, count, length] = [[] as string[], 0, 0];
  for (const unit of units) {
    const size = unit.reduce((sum, word) => sum + word.length + 1, 0);
    const isFull = length + size > room;
    if (count > 0 && (count >= most || isFull)) {
      if (isFull && count < most && flags.has("x")) throw new Failure("argument list too long");
      yield batch;
      [batch, count, length] = [[], 0, 0];
    }
    if (size > room) throw new Failure("argument line too long");
    batch.push(...unit);
    count++;
    length += size;
  }
  if (count > 0) yield batch;
}

async function inputOf({ values, context, path, stdin }: Given): Promise<string> {
  const file = values.get("a");
  if (file === undefined || file === "-") return stdin;
  try {
    return (await context.fs.readFile(path(file), "latin1")) as string;
  } catch (error) {
    throw new Failure(`Cannot open input file ‘${file}’: ${reasonOf(error)}`);
  }
}

async function together(given: Given): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const { flags, values, operands, context } = given;
  if (flags.has("p")) throw new Failure("-p: there is no terminal to ask at: leave it out");
  number(values, "P", 0);
  const words = operands.length === 0 ? ["echo"] : [...operands];
  const limits = [...given.all.keys()].filter((letter) => "InL".includes(letter));
  // -n 1 is what -I does anyway
  const replaces = limits.at(-1) === "I" || (values.has("I") && values.get("n") === "1" && !values.has("L"));
  const mark = replaces ? (values.get("I") as string) : undefined;
  const input = await inputOf(given);
  const lines: string[][] = [];
  let [stdout, stderr, exitCode] = ["", "", 0];
  /** Runs one command; answers whether to go on. */
  const once = async ([name = "", ...rest]: readonly string[]): Promise<boolean> => {
    if (flags.has("t")) stderr += `${[name, ...rest].map(shown).join(" ")}\n`;
    const done = await run(context, name, rest);
    stdout += done.stdout;
    stderr += done.unknown ? `xargs: ${name}: No such file or directory\n` : done.stderr;
    if (done.exitCode === 255) stderr += `xargs: ${name}: exited with status 255; aborting\n`;
    if (done.exitCode === 255) exitCode = 124;
    else if (done.unknown || (done.exitCode === 126 && done.stdout === "")) exitCode = done.exitCode;
    else if (done.exitCode !== 0) exitCode = 123;
    return exitCode === 0 || exitCode === 123;
  };
  const text = (word: string): string => textOf(word) ?? word;
  let failure: Failure | undefined;
  try {
    try {
      readLines(input, given, mark !== undefined, lines);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error;
    }
    if (mark !== undefined) {
      for (const [item = ""] of lines)
        if (!(await once(words.map((word) => word.replaceAll(mark, () => text(item)))))) break;
    } else if (lines.length === 0) {
      if (!flags.has("r") && failure === undefined) await once(words);
    } else {
      for (const batch of batches(lines, given, words)) if (!(await once([...words, ...batch.map(text)]))) break;
    }
    if (failure !== undefined) throw failure;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { stdout, stderr: `${stderr}xargs: ${error.message}\n`, exitCode: 1 };
  }
  return { stdout, stderr, exitCode };
}

/** A word as -t shows it. */
const shown = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word));

/** Options before the command, in the spelling that has a value. */
function rewritten(words: readonly string[]): string[] {
  const options: string[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (!word.startsWith("-") || word === "-" || word === "--") break;
    const [, short = "", rest = ""] = /^-([ile])(.*)$/s.exec(word) ?? [];
    const known = OLDER[word] ?? OLDER[short];
    if (known !== undefined) {
      options.push(`-${known[0]}`, OLDER[word] === undefined && rest !== "" ? rest : known[1]);
      continue;
    }
    options.push(word);
    const letter = word.startsWith("--") ? (RULE.long[word.slice(2)] ?? "") : word.slice(-1);
    const values = new RegExp(`^-[${RULE.flags}]*[${RULE.values}]$`);
    const takesNext = word.startsWith("--") ? letter !== "" && RULE.values.includes(letter) : values.test(word);
    if (takesNext && at + 1 < words.length) options.push(words[++at] as string);
  }
  return [...options, ...words.slice(at)];
}

export const xargs = command("xargs", RULE, together, rewritten);
