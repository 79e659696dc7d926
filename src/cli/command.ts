import type { Ambient } from "../host/settings.ts";
import type { Arguments } from "./arguments.ts";

/** What a command's end means to a script. Documented in every help text. */
export const EXIT = {
  ok: 0,
  /** The answer is no: refused, the tool failed, a check or verification found something. */
  no: 1,
  /** The command line, the configuration or a policy is wrong: nothing was done. */
  usage: 2,
  /** The machine or the installation is in the way: state directory, chain, modules, an internal error. */
  environment: 3,
  /** Interrupted (128 + SIGINT, as shells count). */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One option. A `value` is given once; a `list` may be repeated. */
export interface OptionSpec {
  readonly kind: "flag" | "value" | "list";
  readonly short?: string;
  /** What stands for the value in the help, for example `FILE`. */
  readonly placeholder?: string;
  readonly description: string;
  /** The only values there are. */
  readonly choices?: readonly string[];
  /** A whole number within these bounds, both included. */
  readonly range?: readonly [min: number, max: number];
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What a command is called, takes and says of itself. */
export interface CommandSpec {
  /** One or two words: `serve`, `chain tail`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** After `tollgate <name> `. */
  readonly usage: string;
  /** Paragraphs that teach; wrapped by hand at 90 columns. */
  readonly details: string;
  readonly options: OptionSpecs;
  /** How many operands there may be. */
  readonly operands: readonly [min: number, max: number];
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** What the exit codes mean here, where that is more than the table of all commands says. */
  readonly exits?: string;
}

/** What a command works with. */
export interface CommandContext {
  readonly args: Arguments;
  readonly ambient: Ambient;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** A command: a description, and what it does. Answers the exit code. */
export interface Command {
  readonly spec: CommandSpec;
  run(context: CommandContext): Promise<ExitCode>;
}
