import type { CommandContext, ExecResult } from "just-bash/browser";
import { around } from "./around.ts";
import { reasonOf } from "./command.ts";
import { type OptionRule, type Parsed, parseOptions } from "./options.ts";

const SED: OptionRule = {
  flags: "nErsuz",
  values: "ef",
  optional: "i",
  long: {
    ...{ quiet: "n", silent: "n", expression: "e", file: "f", "in-place": "i", "regexp-extended": "E" },
    // what comes to the same here, with them and without
    ...{ separate: "s", "null-data": "z", "zero-terminated": "z", unbuffered: "u", posix: "u", "follow-symlinks": "u" },
  },
};

type Original = (words: string[]) => Promise<ExecResult>;

/** Where the lines of `-z` are, turned round: in memory, whatever the granted folders are. */
const SWAPPED = "/dev/sed-z";
const swapped = (text: string): string =>
  text.replace(/[\0\n]+/g, (run) => run.replace(/./gs, (one) => (one === "\n" ? "\0" : "\n")));

/** The script in one piece, files one by one where `-s` or `-i` say so, copies of what was, and lines that end in NUL. */
export const sed = around("sed", async (words, original, context) => {
  if (words[0] === "--help" || words[0] === "--version") return original([...words]);
  const parsed = parseOptions(words, SED);
  if (typeof parsed === "string") return refusal(parsed, 1);
  const { flags, values } = parsed;
  const operands = [...parsed.operands];
  const script = await scriptOf(parsed, operands, context);
  if (typeof script !== "string") return script;
  const inPlace = flags.has("i") || values.has("i");
  const { present, stderr, exitCode } = await presentAmong(operands, inPlace, context);
  if (present.length === 0 && operands.length > 0) return { stdout: "", stderr, exitCode };
  const run = flags.has("z") ? turned(original, context) : original;
  const options = [
    ...(flags.has("n") ? ["-n"] : []),
    ...(flags.has("E") || flags.has("r") ? ["-E"] : []),
    ...(inPlace ? ["-i"] : []),
    "-e",
    flags.has("z") ? script.replace(/\\(.)/gs, (whole, letter) => (letter === "n" ? "\0" : whole)) : script,
  ];
  const suffix = values.get("i") ?? "";
  for (const file of suffix === "" ? [] : present) {
    const path = context.fs.resolvePath(context.cwd, file);
    await context.fs.cp(path, context.fs.resolvePath(context.cwd, copyName(file, suffix)));
  }
  const files = present.map((file) => (file.startsWith("-") && file !== "-" ? `./${file}` : file));
  const turns = (flags.has("s") || inPlace) && files.length > 1 ? files.map((file) => [file]) : [files];
  let whole: ExecResult | undefined;
  for (const turn of turns) {
    const done = await run([...options, ...turn]);
    const before = whole?.stdout ?? "";
    whole = {
      ...done,
      stdout:
        before === "" || before.endsWith("\n") || done.stdout === ""
          ? before + done.stdout
          : `${before}\n${done.stdout}`,
      stderr: (whole?.stderr ?? "") + done.stderr,
    };
    if (done.exitCode !== 0) break;
  }
  const done = whole as ExecResult;
  return { ...done, stderr: stderr + done.stderr, exitCode: done.exitCode === 0 ? exitCode : done.exitCode };
});

const refusal = (message: string, exitCode: number): ExecResult => ({
  stdout: "",
  stderr: `sed: ${message}\n`,
  exitCode,
});

/** All parts of the script, each a line or more of it; takes the first operand where there are none. */
async function scriptOf(
  { sequence }: Parsed,
  operands: string[],
  { fs, cwd, stdin }: CommandContext,
): Promise<string | ExecResult> {
  const parts: string[] = [];
  for (const [letter, value] of sequence) {
    if (letter === "e") parts.push(value);
    if (letter !== "f") continue;
    try {
      const bytes = Uint8Array.from(stdin as unknown as string, (one) => one.charCodeAt(0));
      const text = value === "-" ? new TextDecoder().decode(bytes) : await fs.readFile(fs.resolvePath(cwd, value));
      parts.push((text as string).replace(/\n$/, ""));
    } catch (error) {
      return refusal(`couldn't open file ${value}: ${reasonOf(error)}`, 4);
    }
  }
  if (parts.length > 0) return parts.join("\n");
  return operands.shift() ?? refusal("no script specified", 1);
}

/** The operands that can be read, and what is said of the others. */
async function presentAmong(operands: readonly string[], inPlace: boolean, { fs, cwd }: CommandContext) {
  const present: string[] = [];
  let stderr = "";
  let exitCode = 0;
  for (const operand of operands) {
    const found =
      operand === "-"
        ? undefined
        : await fs.stat(fs.resolvePath(cwd, operand)).catch((error: unknown) => reasonOf(error));
    if (typeof found === "string") {
      stderr += `sed: can't read ${operand}: ${found}\n`;
      exitCode = Math.max(exitCode, 2);
    } else if (found?.isDirectory) {
      stderr += inPlace
        ? `sed: couldn't edit ${operand}: not a regular file\n`
        : `sed: read error on ${operand}: Is a directory\n`;
      exitCode = 4;
    } else present.push(operand);
  }
  return { present, stderr, exitCode };
}

function copyName(file: string, suffix: string): string {
  const slash = file.lastIndexOf("/") + 1;
  const base = file.slice(slash);
  const name = suffix.includes("*") ? suffix.replaceAll("*", base) : base + suffix;
  return name.includes("/") ? name : file.slice(0, slash) + name;
}

/** Runs on a copy of the files in which NUL and line end have changed places, and changes them back. */
function turned(original: Original, { fs, cwd, stdin }: CommandContext): Original {
  return async (words) => {
    const at = words.indexOf("-e") + 2;
    const files = words.slice(at);
    const read = async (file: string): Promise<string> =>
      file === "-"
        ? (stdin as unknown as string)
        : ((await fs.readFile(fs.resolvePath(cwd, file), "latin1")) as string);
    const texts: string[] = [];
    for (const file of files.length === 0 ? ["-"] : files) texts.push(await read(file));
    await fs.writeFile(SWAPPED, swapped(texts.join("")), "latin1");
    const done = await original([...words.slice(0, at), SWAPPED]);
    const changed = swapped((await fs.readFile(SWAPPED, "latin1")) as string);
    if (words.includes("-i")) await fs.writeFile(fs.resolvePath(cwd, files[0] as string), changed, "latin1");
    await fs.rm(SWAPPED);
    return { ...done, stdout: swapped(done.stdout) };
  };
}
