import type { ExecResult } from "just-bash/browser";
import type { OptionRule } from "./options.ts";

type Original = (words: string[]) => Promise<ExecResult>;

/** What `--help` says of a command of ours: all of its options and no other, by the names that GNU gives them. */
export async function helpOf(name: string, rule: OptionRule, original: Original | undefined): Promise<string> {
  if (rule.help !== undefined) return rule.help;
  // what it does and takes is the same; its options are not
  const title = (await original?.(["--help"]))?.stdout.split("\nOptions:")[0]?.trimEnd();
  return `${title ?? `Usage: ${name} [OPTION]... [OPERAND]...`}\n\nOptions, as GNU's ${name} has them:\n${optionsOf(rule)}`;
}

function optionsOf({ flags, values, optional = "", long = {} }: OptionRule): string {
  const names = new Map<string, string[]>();
  const valued = new Map<string, string>();
  for (const [letters, value] of [
    [flags, ""],
    [values, " VALUE"],
    [optional, "[VALUE]"],
  ] as const)
    for (const letter of letters) {
      names.set(letter, /[A-Za-z0-9]/.test(letter) ? [`-${letter}`] : []);
      valued.set(letter, value);
    }
  for (const [word, to] of Object.entries(long)) {
    const letter = to.replace(/^[=?]/, "");
    const value = to.startsWith("=") ? " VALUE" : to.startsWith("?") ? "[=VALUE]" : valued.get(letter);
    valued.set(letter, value ?? "");
    names.set(letter, [...(names.get(letter) ?? []), `--${word}`]);
  }
  const lines = [...names].flatMap(([letter, all]) =>
    all.length === 0 ? [] : [`  ${all.join(", ")}${valued.get(letter)}`],
  );
  return `${[...new Set(lines)].sort(byLetter).join("\n")}\n`;
}

/** By letter, whether small or not; what has only a long name last. */
function byLetter(a: string, b: string): number {
  const [first, second] = [a, b].map((line) => (line.startsWith("  --") ? `~${line}` : line.toLowerCase())) as [
    string,
    string,
  ];
  return first < second ? -1 : first > second ? 1 : a < b ? -1 : 1;
}
