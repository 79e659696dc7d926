import { programArguments } from "../../../script/guest/program-arguments.ts";
import { ToolError } from "../../../script/guest/tool-error.ts";

/** The arguments of `shell.exec`. */
export interface Arguments {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly stdin?: string;
  readonly timeout_ms?: number;
}

/** What is to be run. */
interface Job extends Arguments {
  /** Shell variables, absent where a caller says what is run. */
  readonly variables?: Variables;
}

interface Variables {
  readonly values: Readonly<Record<string, string>>;
  /** Arrays, as `just-bash` holds them. */
  readonly lists: ReadonlyMap<string, { readonly kind: "indexed"; readonly elements: ReadonlyMap<string, string> }>;
}

/**
 * What a run is to do. Where the permit names a saved command, it is that one, and what the caller says are values of shell
 * variables, which no shell reads as anything but their values; otherwise it is what the caller says.
 */
export function jobOf(given: Arguments): Job {
  const saved = programArguments()[1];
  if (saved === undefined) return given;
  const { command, cwd, timeout_ms } = JSON.parse(saved) as Arguments;
  return {
    command,
    ...(cwd !== undefined && { cwd }),
    ...(timeout_ms !== undefined && { timeout_ms }),
    variables: variablesOf(given as unknown as Readonly<Record<string, unknown>>),
  };
}

function variablesOf(given: Readonly<Record<string, unknown>>): Variables {
  const values: Record<string, string> = {};
  const lists: Map<string, { kind: "indexed"; elements: Map<string, string> }> = new Map();
  for (const [name, value] of Object.entries(given)) {
    if (Array.isArray(value)) {
      const elements = new Map(value.map((one, at) => [String(at), textOf(name, one)]));
      lists.set(name, { kind: "indexed", elements });
    } else values[name] = textOf(name, value);
  }
  return { values, lists };
}

/** Text as it is; numbers and booleans as JSON writes them. */
function textOf(name: string, value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string")
    throw new ToolError("invalid-arguments", `${name} is neither text nor a number nor a boolean: give one of them`);
  if (value.includes("\0"))
    throw new ToolError("invalid-arguments", `${name} has a NUL character, which no variable can have: leave it out`);
  return value;
}
