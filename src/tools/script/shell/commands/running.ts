// How a command of ours runs another one.
import type { CommandContext } from "just-bash/browser";
import { bytesOf } from "./bytes.ts";

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
  const done = await exec(shellWord(name), {
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
export const shellWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** What says not of which kind it is: text where a character is no byte. */
function outputBytes(output: string): string {
  return /[^\0-\xff]/.test(output) ? bytesOf(output) : output;
}
