import { parseArgs } from "node:util";
import { safeText } from "../contract/safe-text.ts";
import { nearest } from "../host/nearest.ts";
import type { CommandSpec, OptionSpec, OptionSpecs } from "./command.ts";

/** Arguments that met their command's description. */
export interface Arguments {
  readonly operands: readonly string[];
  flag(name: string): boolean;
  /** The option's value; of several the last. */
  value(name: string): string | undefined;
  /** The value of an option with a `range`. */
  number(name: string): number | undefined;
  /** The value of an option with `choices`, which the caller names as a type. */
  choice<T extends string>(name: string): T | undefined;
  list(name: string): readonly string[];
}

/** Options that every command has. */
export const HELP_OPTION: OptionSpecs = { help: { kind: "flag", short: "h", description: "show this help" } };

/**
 * Reads a command's arguments by its description. Nothing unknown, missing, repeated or out of bounds passes; the
 * answer is then one sentence for a person.
 */
export function readArguments(spec: CommandSpec, argv: readonly string[]): Arguments | string {
  const options: OptionSpecs = { ...spec.options, ...HELP_OPTION };
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { kind, short }]) => [
        name,
        {
          type: kind === "flag" ? ("boolean" as const) : ("string" as const),
          multiple: true,
          ...(short !== undefined && { short }),
        },
      ]),
    ),
    strict: false, // its own messages name neither the next step nor the option that was meant
    tokens: true,
    allowPositionals: true,
  });
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const wrong = optionProblem(options, token, values.has(token.name));
    if (wrong !== undefined) return wrong;
    values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? ""]);
  }
  if (!values.has("help")) {
    const [min, max] = spec.operands;
    if (operands.length < min) return `something is missing: the usage is tollgate ${spec.name} ${spec.usage}`;
    if (operands.length > max) return `unexpected argument "${safeText(operands[max] as string, 60)}"`;
  }
  return {
    operands,
    flag: (name) => values.has(name),
    value: (name) => values.get(name)?.at(-1),
    number: (name) => (values.has(name) ? Number(values.get(name)?.at(-1)) : undefined),
    choice: <T extends string>(name: string) => values.get(name)?.at(-1) as T | undefined,
    list: (name) => values.get(name) ?? [],
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function optionProblem(options: OptionSpecs, token: OptionToken, seen: boolean): string | undefined {
  const shown = safeText(token.rawName, 60);
  const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
  if (option === undefined) {
    const meant = nearest(token.name, Object.keys(options));
    return `unknown option ${shown}${meant === undefined ? "" : `: did you mean --${meant}?`}`;
  }
  if (option.kind === "flag") return token.value === undefined ? undefined : `option ${shown} takes no value`;
  if (seen && option.kind === "value") return `option ${shown} is given twice`;
  if (token.value === undefined || (!token.inlineValue && token.value.length > 1 && token.value.startsWith("-"))) {
    const value = option.placeholder ?? "VALUE";
    return `option ${shown} needs a value: write ${token.rawName.startsWith("--") ? `--${token.name}=${value}` : `-${option.short} ${value}`}`;
  }
  return valueProblem(option, shown, token.value);
}

function valueProblem({ choices, range }: OptionSpec, shown: string, value: string): string | undefined {
  if (choices !== undefined && !choices.includes(value)) {
    const meant = nearest(value, choices);
    return `option ${shown} must be one of ${choices.join(", ")}${meant === undefined ? "" : `: did you mean ${meant}?`}`;
  }
  if (range !== undefined) {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= range[0] && number <= range[1])) {
      return `option ${shown} must be a whole number from ${range[0]} to ${range[1]}`;
    }
  }
  return undefined;
}
