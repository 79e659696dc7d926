// grep and awk of `just-bash`, given the options that their manuals have in the form that they take.
import type { CommandContext } from "just-bash/browser";
import { around } from "./around.ts";
import { type OptionRule, parseOptions } from "./options.ts";

const GREP: OptionRule = {
  flags: "EFGPivwxcloLnhHqrRsabIUyzTu",
  values: "efmABCdD",
  long: {
    ...{
      "extended-regexp": "E",
      "fixed-strings": "F",
      "basic-regexp": "G",
      "perl-regexp": "P",
      regexp: "e",
      file: "f",
    },
    ...{ "ignore-case": "i", "no-ignore-case": "G", "invert-match": "v", "word-regexp": "w", "line-regexp": "x" },
    ...{ count: "c", "files-with-matches": "l", "files-without-match": "L", "only-matching": "o", "max-count": "m" },
    ...{ "line-number": "n", "no-filename": "h", "with-filename": "H", quiet: "q", silent: "q", "no-messages": "s" },
    ...{ recursive: "r", "dereference-recursive": "R", text: "a", "byte-offset": "b", "null-data": "z" },
    ...{ "after-context": "A", "before-context": "B", context: "C", "line-buffered": "U", binary: "U" },
  },
};
/** Of the flags, those that `just-bash` knows; the others say what is so anyway, or are done here. */
const KNOWN = "EFPivwxcloLnhqr";
const COLOUR = /^--colou?r(=.*)?$/;
const FILTER = /^--(?:include|exclude|exclude-dir)(?:=|$)/;

const NOTHING = { stdout: "", stderr: "", exitCode: 1 };

async function missingAmong(operands: readonly string[], { fs, cwd }: CommandContext): Promise<string[]> {
  const there = await Promise.all(
    operands.map((operand) => operand === "-" || fs.exists(fs.resolvePath(cwd, operand))),
  );
  return operands.filter((_, at) => there[at] === false);
}

/** Several patterns, options behind others in one word, those that change nothing here, and what is not there with `-r`. */
export const grep = around("grep", async (words, original, context) => {
  if (words[0] === "--help") return original([...words]);
  const end = words.indexOf("--");
  const filters: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const isOption = end < 0 || i < end;
    if (isOption && COLOUR.test(word)) continue;
    if (!isOption || !FILTER.test(word)) rest.push(word);
    else filters.push(word.includes("=") ? word : `${word}=${words[++i] ?? ""}`);
  }
  // `-5` is that much context
  const parsed = parseOptions(
    rest.map((word) => (/^-\d+$/.test(word) ? `-C${word.slice(1)}` : word)),
    GREP,
  );
  if (typeof parsed === "string") return { stdout: "", stderr: `grep: ${parsed}\n`, exitCode: 2 };
  const { flags, all, values } = parsed;
  for (const letter of ["z", "b"])
    if (flags.has(letter)) return { stdout: "", stderr: `grep: there is no -${letter} here\n`, exitCode: 2 };
  const operands = [...parsed.operands];
  const patterns = all.get("e") ?? (all.has("f") ? [] : operands.splice(0, 1));
  if (patterns.length === 0 && !all.has("f"))
    return { stdout: "", stderr: "Usage: grep [OPTION]... PATTERNS [FILE]...\n", exitCode: 2 };
  const recursive = flags.has("r") || flags.has("R");
  const everywhere = recursive && operands.length === 0;
  if (everywhere) operands.push(".");
  // With -r `just-bash` passes over what is not there, without a word.
  const missing = recursive ? await missingAmong(operands, context) : [];
  const complaints = missing.map((operand) => `grep: ${operand}: No such file or directory\n`).join("");
  const present = operands.filter((operand) => !missing.includes(operand));
  const named = flags.has("H") && !flags.has("h") && !recursive && operands.length === 1 && operands[0] !== "-";
  const search = [
    ...[...KNOWN].filter((letter) => flags.has(letter) || (letter === "r" && recursive)).map((letter) => `-${letter}`),
    ...(flags.has("y") ? ["-i"] : []),
    ...["m", "A", "B", "C"].flatMap((letter) =>
      values.has(letter) ? [`-${letter}`, values.get(letter) as string] : [],
    ),
    ...filters,
    ...(patterns.length === 0 ? [] : ["-e", patterns.join("\n")]),
    ...(all.get("f") ?? []).map((file) => `--file=${file}`),
    "--",
    ...present,
    // a second name, so that the first is said
    ...(named ? ["/dev/null"] : []),
  ];
  // Without a file it would read standard input.
  const found = missing.length > 0 && present.length === 0 ? NOTHING : await original(search);
  const stdout = everywhere && !flags.has("h") ? found.stdout.replace(/^\.\//gm, "") : found.stdout;
  return {
    ...found,
    stdout: named ? stdout.replace(/^\/dev\/null(?::0)?\n/gm, "") : stdout,
    stderr: flags.has("s") ? "" : complaints + found.stderr,
    // What was found counts for -q alone where something was missing.
    exitCode: missing.length > 0 && !(flags.has("q") && found.exitCode === 0) ? 2 : found.exitCode,
  };
});

const AWK: OptionRule = {
  flags: "",
  values: "Fvf",
  long: { "field-separator": "F", assign: "v", file: "f" },
  strict: true,
};

/** The program from files, and values in the word of their options. */
export const awk = around("awk", async (words, original, context) => {
  if (words[0] === "--help" || words[0] === "--version") return original([...words]);
  const parsed = parseOptions(words, AWK);
  if (typeof parsed === "string") return { stdout: "", stderr: `awk: ${parsed}\n`, exitCode: 2 };
  const files = parsed.all.get("f") ?? [];
  const programs: string[] = [];
  for (const file of files) {
    try {
      programs.push((await context.fs.readFile(context.fs.resolvePath(context.cwd, file))) as string);
    } catch {
      return { stdout: "", stderr: `awk: cannot open "${file}" (No such file or directory)\n`, exitCode: 2 };
    }
  }
  const separator = parsed.values.get("F");
  return original([
    ...(separator === undefined ? [] : ["-F", separator === "t" ? "\t" : separator]),
    ...(parsed.all.get("v") ?? []).flatMap((one) => ["-v", one]),
    ...(files.length === 0 ? [] : [programs.join("\n")]),
    ...parsed.operands,
  ]);
});
