// The files of sed: those that it reads, and those that it writes.
import type { CommandContext } from "just-bash/browser";
import { Failure, reasonOf } from "../command.ts";
import type { Encoding } from "./encoding.ts";
import { Output } from "./output.ts";
import type { Command } from "./program.ts";

const STDIN = /^(?:-|\/dev\/stdin)$/;

export class Places {
  readonly standard: Output;
  readonly errors: Output;
  readonly #context: CommandContext;
  readonly #encoding: Encoding;
  readonly #end: string;
  readonly #written = new Map<string, Output>();
  readonly #readable = new Map<string, string>();

  constructor(context: CommandContext, encoding: Encoding, end: string) {
    this.#context = context;
    this.#encoding = encoding;
    this.#end = end;
    this.standard = this.output();
    this.errors = this.output();
  }

  output(): Output {
    return new Output(this.#end);
  }

  #path(name: string): string {
    return this.#context.fs.resolvePath(this.#context.cwd, name);
  }

  /** The bytes of a file. */
  async read(name: string): Promise<string> {
    if (STDIN.test(name)) return this.#context.stdin as unknown as string;
    return (await this.#context.fs.readFile(this.#path(name), "latin1")) as string;
  }

  /** Reads what a script may read; takes note of what it may write, which is empty until it does. */
  async open(commands: readonly Command[]): Promise<void> {
    const special = new Map([
      ["/dev/stdout", this.standard],
      ["/dev/stderr", this.errors],
    ]);
    for (const { name, text = "" } of commands) {
      if (name === "r" || name === "R") {
        const bytes = await this.read(text).catch(() => undefined);
        if (bytes !== undefined) this.#readable.set(text, this.#encoding.decode(bytes));
      } else if (text !== "" && "swW".includes(name) && !this.#written.has(text))
        this.#written.set(text, special.get(text) ?? this.output());
    }
  }

  /** The place that a name stands for, to be written to. */
  file(name: string): Output {
    return this.#written.get(name) as Output;
  }

  /** What a file holds; undefined where it cannot be read. */
  content(name: string): string | undefined {
    return this.#readable.get(name) ?? this.#written.get(name)?.text;
  }

  /** Writes all files that the script named. */
  async close(): Promise<void> {
    for (const [name, output] of this.#written)
      if (output !== this.standard && output !== this.errors) await this.#write(name, output);
  }

  /** Puts what came of a file into its place; with a suffix the file is kept under another name. */
  async replace(name: string, output: Output, suffix: string): Promise<void> {
    if (STDIN.test(name)) return;
    if (suffix !== "") await writing(this.#context.fs.cp(this.#path(name), this.#path(copyName(name, suffix))));
    await this.#write(name, output);
  }

  async #write(name: string, output: Output): Promise<void> {
    await writing(this.#context.fs.writeFile(this.#path(name), this.#encoding.encode(output.text), "latin1"));
  }

  /** The operands that can be read, and what is said of the others. */
  async present(operands: readonly string[], inPlace: boolean) {
    const present: string[] = [];
    let stderr = "";
    let exitCode = 0;
    for (const operand of operands) {
      const found = operand === "-" ? undefined : await this.#status(operand);
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

  #status(operand: string) {
    return this.#context.fs.stat(this.#path(operand)).catch((error: unknown) => reasonOf(error));
  }
}

async function writing(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    throw new Failure(`couldn't write: ${reasonOf(error)}`, 4);
  }
}

function copyName(file: string, suffix: string): string {
  const slash = file.lastIndexOf("/") + 1;
  const base = file.slice(slash);
  const name = suffix.includes("*") ? suffix.replaceAll("*", base) : base + suffix;
  return name.includes("/") ? name : file.slice(0, slash) + name;
}
