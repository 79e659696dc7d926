import type { CommandContext } from "just-bash/browser";
import { bytesOf } from "../bytes.ts";
import { reasonOf } from "../command.ts";
import type { Test } from "./found.ts";

/** Thrown by -quit. */
export class Ended extends Error {}

/** One run of find: its options, what it has said so far, and what is left to be done at its end. */
export class Search {
  readonly context: CommandContext;
  /** -P, -L or -H. */
  follow: "never" | "always" | "starts" = "never";
  depthFirst = false;
  least = 0;
  most = Number.POSITIVE_INFINITY;
  oneDevice = false;
  regexType = "findutils-default";
  starts: string[] = [];
  /** Whether a file says where to start. */
  listsStarts = false;
  /** Milliseconds that ages are counted from. */
  now = Date.now();
  /** Whether an action says what is done, so that -print is not implied. */
  acts = false;
  deletes = false;
  prunes = false;
  askedDepth = false;
  /** Set by -prune for the file at hand. */
  pruned = false;
  exitCode = 0;
  stderr = "";
  /** What -ok reads. */
  answers: string;
  readonly atEnd: (() => Promise<void>)[] = [];
  #stdout = "";
  #text = "";
  readonly #files = new Map<string, string>();

  constructor(context: CommandContext) {
    this.context = context;
    this.answers = context.stdin as unknown as string;
  }

  /** Writes text. */
  print(text: string): void {
    this.#text += text;
  }

  /** Writes bytes. */
  printBytes(bytes: string): void {
    this.#stdout += bytesOf(this.#text) + bytes;
    this.#text = "";
  }

  get stdout(): string {
    this.printBytes("");
    return this.#stdout;
  }

  complain(message: string): void {
    this.stderr += `find: ${message}\n`;
    this.exitCode = 1;
  }

  /** Says why something is not done with a file. */
  refuse(path: string, error: unknown): void {
    this.complain(`‘${path}’: ${reasonOf(error)}`);
  }

  /** Where an action writes: a file that it makes empty, and fills at the end. */
  async writer(operand: string): Promise<(text: string) => void> {
    if (operand === "/dev/stdout") return (text) => this.print(text);
    if (operand === "/dev/stderr")
      return (text) => {
        this.stderr += text;
      };
    const { fs, cwd } = this.context;
    const path = fs.resolvePath(cwd, operand);
    if (!this.#files.has(path)) {
      await fs.writeFile(path, "");
      this.#files.set(path, "");
      this.atEnd.push(async () => {
        await fs.writeFile(path, this.#files.get(path) as string).catch((error) => this.refuse(operand, error));
      });
    }
    return (text) => {
      this.#files.set(path, this.#files.get(path) + text);
    };
  }
}

/** How a word of an expression becomes a test. */
export type Primary = (words: Arguments, search: Search) => Test | Promise<Test>;

/** What follows a word of the expression. */
export interface Arguments {
  /** The word itself. */
  readonly name: string;
  /** The next word, which must be there. */
  next(): string;
  /** The words up to the one that ends a command, and which. */
  command(): { readonly words: string[]; readonly end: ";" | "+" };
}
