import { type Command, type CommandContext, defineCommand, type ExecResult } from "just-bash/browser";
import { helpOf } from "./help.ts";
import { type OptionRule, type Parsed, parseOptions } from "./options.ts";

/** What a command did: bytes, each as the character of its number, or text where it says so. */
export interface Done {
  readonly stdout?: string;
  readonly stdoutKind?: "text" | "bytes";
  readonly stderr?: string;
  readonly exitCode?: number;
}

/** What a command of ours is given. */
export interface Given extends Parsed {
  readonly context: CommandContext;
  readonly name: string;
  /** Standard input. */
  readonly stdin: string;
  /** The bytes of an operand, `-` for standard input; throws an {@link Unread}. */
  read(operand: string): Promise<string>;
  /** An operand's absolute path. */
  path(operand: string): string;
}

/** Ends a command with a message. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What cannot be read, and why. */
export class Unread extends Failure {
  readonly reason: string;

  constructor(operand: string, reason: string, exitCode: number) {
    super(`${operand}: ${reason}`, exitCode);
    this.reason = reason;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EBUSY: "Device or resource busy",
  EDQUOT: "Disk quota exceeded",
  EEXIST: "File exists",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  EMLINK: "Too many links",
  ENAMETOOLONG: "File name too long",
  ENOENT: "No such file or directory",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  ENOTEMPTY: "Directory not empty",
  EPERM: "Operation not permitted",
  EROFS: "Read-only file system",
  ETXTBSY: "Text file busy",
  EXDEV: "Invalid cross-device link",
};

/** Why a file operation failed, in the words of the C library. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return REASONS[/\bE[A-Z]{2,}\b/.exec(message)?.[0] ?? ""] ?? "Permission denied";
}

const STDIN = /^\/(dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/;

/** A command that the shell has beside those of `just-bash`, or in their place. */
export function command(
  name: string,
  rule: OptionRule,
  run: (given: Given) => Promise<Done> | Done,
  rewrite: (words: readonly string[]) => readonly string[] = (words) => words,
): Command {
  return defineCommand(name, async (words: string[], context: CommandContext): Promise<ExecResult> => {
    const trouble = rule.trouble ?? 1;
    const parsed = words[0] === "--help" ? "help" : parseOptions(rewrite(words), rule);
    if (parsed === "help") return result({ stdout: helpOf(name, rule) });
    if (typeof parsed === "string") return result({ stderr: `${name}: ${parsed}\n`, exitCode: trouble });
    const stdin = context.stdin as unknown as string;
    const path = (operand: string): string => context.fs.resolvePath(context.cwd, operand);
    const read = async (operand: string): Promise<string> => {
      if (operand === "-" || STDIN.test(operand)) return stdin;
      try {
        return (await context.fs.readFile(path(operand), "latin1")) as string;
      } catch (error) {
        throw new Unread(operand, reasonOf(error), trouble);
      }
    };
    try {
      return result(await run({ ...parsed, context, name, stdin, read, path }));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return result({ stderr: `${name}: ${error.message}\n`, exitCode: error.exitCode });
    }
  }) as Command;
}

function result({ stdout = "", stderr = "", exitCode = 0, stdoutKind = "bytes" }: Done): ExecResult {
  return { stdout, stderr, exitCode, stdoutKind };
}

/** What was read, and what could not be. */
export interface Piece {
  readonly name: string;
  readonly text: string | undefined;
}

/** The operands' bytes in their order, standard input where there are none; `refused` is told what cannot be read. */
export async function piecesOf(
  { operands, read }: Given,
  refused: (operand: string, reason: string) => void,
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const name of operands.length === 0 ? ["-"] : operands) {
    try {
      pieces.push({ name, text: await read(name) });
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      refused(name, error.reason);
      pieces.push({ name, text: undefined });
    }
  }
  return pieces;
}

/** The bytes of all operands one after the other, of standard input where there are none. */
export async function readAllOf({ operands, read }: Given): Promise<string> {
  const parts: string[] = [];
  for (const operand of operands.length === 0 ? ["-"] : operands) parts.push(await read(operand));
  return parts.join("");
}

/** Lines without their ends; a last line need not have one. */
export function linesOf(text: string, end = "\n"): string[] {
  if (text === "") return [];
  const lines = text.split(end);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Lines with an end each. */
export function joined(lines: readonly string[], end = "\n"): string {
  return lines.length === 0 ? "" : `${lines.join(end)}${end}`;
}

/** A whole number, or a failure that says what was meant. */
export function whole(text: string, what: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Failure(`invalid ${what}: '${text}'`);
  return Number(text);
}
