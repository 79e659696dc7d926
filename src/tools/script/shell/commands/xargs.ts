import { command, Failure, linesOf, whole } from "./command.ts";

const MOST_WORDS = 5000;

export const xargs = command(
  "xargs",
  {
    flags: "0rtxp",
    values: "nIdLPsaE",
    long: {
      null: "0",
      "no-run-if-empty": "r",
      "max-args": "n",
      delimiter: "d",
      replace: "I",
      "max-procs": "P",
      verbose: "t",
      "max-lines": "L",
      "arg-file": "a",
    },
    strict: true,
  },
  async ({ flags, values, operands, context, stdin, read }) => {
    const input = values.has("a") ? await read(values.get("a") as string) : stdin;
    const replaced = values.get("I");
    const perLine = values.get("L");
    const lines = replaced !== undefined || perLine !== undefined;
    const items = itemsOf(input, flags.has("0") ? "\0" : values.get("d"), lines);
    const [name = "echo", ...fixed] = operands;
    const count = whole(
      values.get("n") ?? perLine ?? (replaced === undefined ? String(MOST_WORDS) : "1"),
      "number for -n option",
    );
    if (count < 1) throw new Failure(`value ${count} for -n option should be >= 1`);
    const groups: string[][] = [];
    for (let i = 0; i < items.length; i += count) groups.push(items.slice(i, i + count));
    if (groups.length === 0 && replaced === undefined && !flags.has("r")) groups.push([]);
    let stdout = "";
    let stderr = "";
    let exitCode = 0;
    for (const group of groups) {
      const given =
        perLine === undefined ? group : group.flatMap((line) => line.split(/[ \t]+/).filter((word) => word !== ""));
      const words =
        replaced === undefined
          ? [...fixed, ...given]
          : fixed.map((word) => word.replaceAll(replaced, group[0] as string));
      if (flags.has("t")) stderr += `${[name, ...words].join(" ")}\n`;
      const exec = context.exec as NonNullable<typeof context.exec>;
      const done = await exec(quoted(name), {
        cwd: context.cwd,
        args: words.map(text),
        signal: context.signal as AbortSignal,
      });
      stdout += bytes(done.stdout, done.stdoutKind);
      stderr += done.stderr;
      if (done.exitCode === 255) {
        exitCode = 124;
        break;
      }
      if (done.exitCode === 127 || done.exitCode === 126) {
        exitCode = done.exitCode;
        break;
      }
      if (done.exitCode !== 0) exitCode = 123;
    }
    return { stdout, stderr, exitCode };
  },
  // `-i` and `-I` without a space are older spellings
  (words) => words.map((word) => (word === "-i" ? "-I{}" : word)),
);

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Words travel as text, what is read as bytes. */
function text(word: string): string {
  const raw = Uint8Array.from(word, (character) => character.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch {
    return word;
  }
}

function bytes(output: string, kind: string | undefined): string {
  if (kind === "bytes") return output;
  let wide = false;
  for (let i = 0; i < output.length && !wide; i++) wide = output.charCodeAt(i) > 0xff;
  return wide ? String.fromCharCode(...new TextEncoder().encode(output)) : output;
}

function itemsOf(input: string, delimiter: string | undefined, lines: boolean): string[] {
  if (delimiter !== undefined) {
    const sign = delimiter.replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0");
    const items = input.split(sign);
    if (items.at(-1) === "") items.pop();
    else if (sign !== "\n" && items.length > 0) return items;
    return items;
  }
  if (lines)
    return linesOf(input)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  const items: string[] = [];
  for (const [, double, single, bare] of input.matchAll(/"([^"\n]*)"|'([^'\n]*)'|((?:[^\s"'\\]|\\[\s\S])+)/g))
    items.push(double ?? single ?? (bare as string).replace(/\\([\s\S])/g, "$1"));
  return items;
}
