// How a command of ours runs another one.
import type { CommandContext } from "just-bash/browser";

export interface Ran {
  /** Bytes, each as the character of its number. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** Whether there is no command of that name. */
  readonly unknown: boolean;
}

/** Runs a command by its name with words that are text; never throws for what the command does. */
export async function run(
  context: CommandContext,
  name: string,
  words: readonly string[],
  given: { readonly cwd?: string; readonly stdin?: string } = {},
): Promise<Ran> {
  const exec = context.exec as NonNullable<typeof context.exec>;
  const done = await exec(quoted(name), {
    cwd: given.cwd ?? context.cwd,
    args: [...words],
    signal: context.signal as AbortSignal,
    ...(given.stdin !== undefined && { stdin: given.stdin, stdinKind: "bytes" as const }),
  });
  const unknown = done.exitCode === 127 && done.stderr.includes("command not found");
  const stdout = done.stdoutKind === "bytes" ? done.stdout : outputBytes(done.stdout);
  return { stdout, stderr: done.stderr, exitCode: done.exitCode, unknown };
}

/** A word as the shell reads it back. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Characters as bytes: those of UTF-8. */
export function bytesOf(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return bytes.length === text.length ? text : latin1(bytes);
}

/** The text that bytes stand for; undefined where they are not UTF-8. */
export function textOf(bytes: string): string | undefined {
  // what takes no more room as UTF-8 is ASCII; to ask an expression costs more
  if (new TextEncoder().encode(bytes).length === bytes.length) return bytes;
  const raw = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) raw[i] = bytes.charCodeAt(i);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return undefined;
  }
}

/** What says not of which kind it is: text where a character is no byte. */
function outputBytes(output: string): string {
  return /[^\0-\xff]/.test(output) ? bytesOf(output) : output;
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
