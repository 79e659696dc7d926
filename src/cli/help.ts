import { HELP_OPTION } from "./arguments.ts";
import type { CommandSpec, OptionSpec, OptionSpecs } from "./command.ts";

const EXITS = `Exit codes:
  0    done, and the answer is yes
  1    the answer is no: a refusal, a tool's error, a check that found something
  2    the command line, the configuration or a policy is wrong; nothing was done
  3    the machine or the installation is in the way (state directory, chain, modules)
  130  interrupted`;

/** The text of `tollgate --help`. */
export function programHelp(commands: readonly { readonly name: string; readonly summary: string }[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return `tollgate gives language-model agents tools, and every call passes one gate: policy, then the
score of its effect. What passes runs in a fresh, metered WebAssembly store, and every
decision is on a hash chain that you can verify.

Usage: tollgate <command> [options]

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n")}

Start here:
  tollgate doctor                     is everything in order on this machine?
  tollgate init claude-desktop        what to paste into your client, and where
  tollgate call fs.stat path=.        one call through the gate, from this terminal
  tollgate <command> --help           what a command does, with examples

Options:
  -h, --help     show this help
      --version  show the version

${EXITS}
`;
}

/** The text of `tollgate chain --help`, for commands of two words. */
export function groupHelp(
  group: string,
  commands: readonly { readonly name: string; readonly summary: string }[],
): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const rows = commands.map(({ name, summary }) => `  tollgate ${name.padEnd(width)}  ${summary}`);
  return `Usage: tollgate ${group} <command> [options]\n\nCommands:\n${rows.join("\n")}\n\nEach has a --help of its own.\n`;
}

/** The text of `tollgate <command> --help`. */
export function commandHelp(spec: CommandSpec): string {
  const parts = [`Usage: tollgate ${spec.name}${spec.usage === "" ? "" : ` ${spec.usage}`}`, spec.details.trim()];
  parts.push(`Options:\n${optionLines({ ...spec.options, ...HELP_OPTION })}`);
  if (spec.examples.length > 0) {
    parts.push(`Examples:\n${spec.examples.map(([command, what]) => `  # ${what}\n  ${command}`).join("\n\n")}`);
  }
  parts.push(spec.exits === undefined ? EXITS : `${EXITS}\n\n${spec.exits.trim()}`);
  return `${parts.join("\n\n")}\n`;
}

function optionLines(options: OptionSpecs): string {
  const rows = Object.entries(options).map(([name, option]) => [optionName(name, option), describe(option)] as const);
  const width = Math.min(28, Math.max(...rows.map(([name]) => name.length)));
  return rows
    .map(([name, text]) =>
      name.length > width ? `  ${name}\n  ${" ".repeat(width)}  ${text}` : `  ${name.padEnd(width)}  ${text}`,
    )
    .join("\n");
}

function optionName(name: string, { kind, short, placeholder }: OptionSpec): string {
  return `${short === undefined ? "    " : `-${short}, `}--${name}${kind === "flag" ? "" : ` ${placeholder ?? "VALUE"}`}`;
}

const describe = ({ description, choices }: OptionSpec): string =>
  choices === undefined ? description : `${description}: ${choices.join(", ")}`;
