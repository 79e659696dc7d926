import type { CommandContext, FsStat } from "just-bash/browser";
import type { RootFileStat } from "../root-file-system.ts";
import { numbersOf } from "./bytes.ts";
import { type Done, Failure, type Given, reasonOf } from "./command.ts";
import { quoted } from "./file-names.ts";
import type { Parsed } from "./options.ts";

/** What is at a path, as a root or the shell's memory tells it. */
export type Status = FsStat & Partial<Omit<RootFileStat, keyof FsStat>>;

/**
 * One run of a command on files: what fails is said and the rest is done all the same. Ends with 1 where anything
 * failed.
 */
export class FileJob {
  readonly fs: CommandContext["fs"];
  readonly path: (operand: string) => string;
  readonly #name: string;
  #out: string[] = [];
  #err: string[] = [];
  #exitCode = 0;
  #answers: string[] | undefined;
  readonly #stdin: string;

  constructor({ name, context, path, stdin }: Given) {
    this.#name = name;
    this.fs = context.fs;
    this.path = path;
    this.#stdin = stdin;
  }

  /** Writes a line to standard output. */
  say(line: string, end = "\n"): void {
    this.#out.push(line, end);
  }

  /** Writes a line to standard error, which is no failure. */
  warn(message: string): void {
    this.#err.push(`${this.#name}: ${message}\n`);
  }

  /** Fails without a word. */
  ends(): void {
    this.#exitCode = 1;
  }

  fail(message: string, cause?: unknown): void {
    this.#exitCode = 1;
    this.warn(cause === undefined ? message : `${message}: ${reasonOf(cause)}`);
  }

  /** Whether standard input says yes; at its end it says no. */
  asks(question: string): boolean {
    this.#err.push(`${this.#name}: ${question}? `);
    this.#answers ??= this.#stdin.split("\n").reverse();
    return /^[yY]/.test(this.#answers.pop() ?? "");
  }

  /** Does it, and says why not where it cannot. */
  async tried(message: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof Failure) throw error;
      this.fail(message, error);
      return false;
    }
  }

  /** What has the name; throws where nothing has, and where what ends with a slash is no folder. */
  async status(name: string, follow: boolean): Promise<Status> {
    if (name === "") throw new Error("ENOENT");
    const slashed = name.endsWith("/");
    const status: Status = await (follow || slashed ? this.fs.stat(this.path(name)) : this.fs.lstat(this.path(name)));
    if (slashed && !status.isDirectory) throw new Error("ENOTDIR");
    return status;
  }

  /** What is there, a link itself unless it is to be followed; undefined where nothing is or can be seen. */
  async found(path: string, follow: boolean): Promise<Status | undefined> {
    return (follow ? this.fs.stat(path) : this.fs.lstat(path)).catch(() => undefined);
  }

  /** What a file holds; standard input under its name. */
  async bytes(name: string): Promise<Uint8Array> {
    if (this.path(name) !== "/dev/stdin") return this.fs.readFileBuffer(this.path(name));
    return numbersOf(this.#stdin);
  }

  done(): Done {
    return { stdout: this.#out.join(""), stderr: this.#err.join(""), exitCode: this.#exitCode, stdoutKind: "text" };
  }
}

/** Whether two are one file. */
export function isSame(a: Status, b: Status): boolean {
  if (a.ino !== undefined && b.ino !== undefined) return a.ino === b.ino && a.dev === b.dev;
  return a.identity !== undefined && a.identity === b.identity;
}

/** Whether both lie in the same root, or both in the shell's memory. */
export function isOneFileSystem(a: Status, b: Status): boolean {
  return a.root === b.root;
}

/** What an option of these words stands for: `true` for the last of the letters that says so. */
export function lastOf(sequence: Parsed["sequence"], letters: string): string | undefined {
  return sequence.findLast(([letter]) => letters.includes(letter))?.[0];
}

/**
 * Where the operands of cp, mv, ln and install lead: to one name, or into a folder. Throws a {@link Failure} where there
 * are too few or too many.
 */
export async function destinationOf(
  job: FileJob,
  { operands, values, flags }: Given,
  follow = true,
): Promise<{ readonly sources: readonly string[]; readonly to: string; readonly into: boolean }> {
  const folder = values.get("t");
  if (folder !== undefined) {
    if (flags.has("T")) throw new Failure("cannot combine --target-directory (-t) and --no-target-directory (-T)");
    if (operands.length === 0) throw new Failure("missing file operand");
    await wantFolder(job, folder, "target directory");
    return { sources: operands, to: folder, into: true };
  }
  const [first] = operands;
  if (first === undefined) throw new Failure("missing file operand");
  if (operands.length === 1) throw new Failure(`missing destination file operand after ${quoted(first)}`);
  const to = operands.at(-1) as string;
  const sources = operands.slice(0, -1);
  if (flags.has("T")) {
    if (sources.length > 1) throw new Failure(`extra operand ${quoted(operands[2] as string)}`);
    return { sources, to, into: false };
  }
  if (sources.length > 1) {
    await wantFolder(job, to, "target");
    return { sources, to, into: true };
  }
  return { sources, to, into: (await job.found(job.path(to), follow || to.endsWith("/")))?.isDirectory === true };
}

async function wantFolder(job: FileJob, folder: string, what: string): Promise<void> {
  let isFolder: boolean;
  try {
    isFolder = (await job.fs.stat(job.path(folder))).isDirectory;
  } catch (error) {
    throw new Failure(`${what} ${quoted(folder)}: ${reasonOf(error)}`);
  }
  if (!isFolder) throw new Failure(`${what} ${quoted(folder)}: Not a directory`);
}
