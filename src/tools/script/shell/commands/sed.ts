import type { CommandContext, ExecResult } from "just-bash/browser";
import { around } from "./around.ts";
import { bytesOf, textOf } from "./bytes.ts";
import { Failure, reasonOf } from "./command.ts";
import { type OptionRule, type Parsed, parseOptions } from "./options.ts";
import { type Chunk, commandsOf } from "./sed/parse.ts";
import { Output, run } from "./sed/run.ts";

const SED: OptionRule = {
  flags: "nErsuz",
  values: "efl",
  optional: "i",
  long: {
    ...{
      quiet: "n",
      silent: "n",
      expression: "e",
      file: "f",
      "in-place": "i",
      "line-length": "l",
      "regexp-extended": "E",
    },
    // what comes to the same here, with them and without
    ...{ separate: "s", "null-data": "z", "zero-terminated": "z", unbuffered: "u", posix: "u", "follow-symlinks": "u" },
  },
};

/** The script's commands run over the files; with `-i` what comes of each takes its place. */
export const sed = around("sed", async (words, original, context) => {
  if (words[0] === "--help") return original([...words]);
  if (words[0] === "--version") return { stdout: "sed (GNU sed) 4.9\n", stderr: "", exitCode: 0 };
  const parsed = parseOptions(words, SED);
  if (typeof parsed === "string") return refusal(parsed, 1);
  const operands = [...parsed.operands];
  const chunks = await chunksOf(parsed, operands, context);
  if (!Array.isArray(chunks)) return chunks as ExecResult;
  try {
    return await edit(parsed, operands, chunks, context);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return refusal(error.message, error.exitCode);
  }
});

const NONE = /^(?:-|\/dev\/stdin)$/;

async function edit(
  { flags, values }: Parsed,
  operands: readonly string[],
  chunks: readonly Chunk[],
  context: CommandContext,
): Promise<ExecResult> {
  const { fs, cwd } = context;
  const stdin = context.stdin as unknown as string;
  const path = (name: string): string => fs.resolvePath(cwd, name);
  const inPlace = flags.has("i") || values.has("i");
  const { present, stderr, exitCode } = await presentAmong(operands, inPlace, context);
  const names = operands.length === 0 ? ["-"] : present;
  const read = async (name: string): Promise<string> =>
    NONE.test(name) ? stdin : ((await fs.readFile(path(name), "latin1")) as string);
  const contents: string[] = [];
  for (const name of names) contents.push(await read(name));
  const texts = contents.map(textOf);
  const raw = texts.includes(undefined);
  const decoded = raw ? contents : (texts as string[]);
  const script = chunks.map(({ text }) => text).join("\n");
  const wide =
    !raw &&
    (bytesOf(script).length !== script.length || decoded.some((text, i) => text.length !== contents[i]?.length));
  const encode = raw ? (text: string): string => text : bytesOf;
  const given = raw ? chunks.map(({ text, file }) => ({ text: bytesOf(text), file })) : chunks;
  const extended = flags.has("E") || flags.has("r");
  const commands = commandsOf(given, extended, wide);
  const standard = new Output(encode);
  const errors = new Output(encode);
  const written = new Map<string, Output>();
  const readable = new Map<string, string>();
  for (const { name, text, substitution } of commands) {
    if (name === "r" || name === "R") {
      const bytes = await read(text).catch(() => undefined);
      if (bytes !== undefined) readable.set(text, bytes);
    } else if (text !== "" && (name === "w" || name === "W" || substitution !== undefined)) {
      const special = text === "/dev/stdout" ? standard : text === "/dev/stderr" ? errors : undefined;
      const known = written.get(text) ?? special ?? new Output(encode);
      written.set(text, known);
    }
  }
  const outputs = names.map(() => (inPlace ? new Output(encode) : standard));
  const ended = new Set<number>();
  const code = run({
    commands,
    inputs: names.map((name, i) => ({ name, text: decoded[i] as string })),
    silent: flags.has("n") || script.startsWith("#n\n") || script === "#n",
    separate: flags.has("s") || inPlace,
    end: flags.has("z") ? "\0" : "\n",
    width: Number(values.get("l") ?? 70),
    encode,
    decode: (bytes) => (raw ? bytes : (textOf(bytes) ?? bytes)),
    output: (input) => {
      ended.add(input);
      return outputs[input] ?? standard;
    },
    file: (name) => written.get(name) as Output,
    content: (name) => readable.get(name) ?? written.get(name)?.bytes,
  });
  const suffix = values.get("i") ?? "";
  try {
    for (const [name, output] of written)
      if (!name.startsWith("/dev/std")) await fs.writeFile(path(name), output.bytes, "latin1");
    for (const [i, name] of inPlace ? names.entries() : []) {
      if (!ended.has(i) || NONE.test(name)) continue;
      if (suffix !== "") await fs.cp(path(name), path(copyName(name, suffix)));
      await fs.writeFile(path(name), (outputs[i] as Output).bytes, "latin1");
    }
  } catch (error) {
    throw new Failure(`couldn't write: ${reasonOf(error)}`, 4);
  }
  return {
    stdout: standard.bytes,
    stdoutKind: "bytes",
    stderr: stderr + errors.bytes,
    exitCode: code === 0 ? exitCode : code,
  } as ExecResult;
}

const refusal = (message: string, exitCode: number): ExecResult => ({
  stdout: "",
  stderr: `sed: ${message}\n`,
  exitCode,
});

/** All parts of the script; takes the first operand where there are none. */
async function chunksOf(
  { sequence }: Parsed,
  operands: string[],
  { fs, cwd, stdin }: CommandContext,
): Promise<Chunk[] | ExecResult> {
  const chunks: Chunk[] = [];
  for (const [letter, value] of sequence) {
    if (letter === "e") chunks.push({ text: value, file: undefined });
    if (letter !== "f") continue;
    try {
      const bytes = stdin as unknown as string;
      const text = NONE.test(value) ? (textOf(bytes) ?? bytes) : await fs.readFile(fs.resolvePath(cwd, value));
      chunks.push({ text: (text as string).replace(/\n$/, ""), file: value });
    } catch (error) {
      return refusal(`couldn't open file ${value}: ${reasonOf(error)}`, 4);
    }
  }
  if (chunks.length > 0) return chunks;
  const text = operands.shift();
  return text === undefined ? refusal("no script specified", 1) : [{ text, file: undefined }];
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
