import type { OptionRule } from "./options.ts";

/** What stands behind the options, where it is not any number of files. */
const OPERANDS: Readonly<Record<string, string>> = {
  ...{ basename: "NAME [SUFFIX]", bc: "[FILE]...", chmod: "MODE[,MODE]... FILE...", cmp: "FILE1 [FILE2]" },
  ...{
    cp: "SOURCE... DESTINATION",
    date: "[+FORMAT]",
    diff: "FILE1 FILE2",
    dirname: "NAME...",
    egrep: "PATTERNS [FILE]...",
  },
  ...{ env: "[NAME=VALUE]... [COMMAND [ARGUMENT]...]", fgrep: "PATTERNS [FILE]...", grep: "PATTERNS [FILE]..." },
  ...{ install: "SOURCE... DESTINATION", kill: "PROCESS...", ln: "TARGET... [NAME]", mkdir: "FOLDER..." },
  ...{ mktemp: "[TEMPLATE]", mv: "SOURCE... DESTINATION", nproc: "", rmdir: "FOLDER...", seq: "[FIRST [STEP]] LAST" },
  ...{
    sed: "[SCRIPT] [FILE]...",
    trap: "[ACTION SIGNAL...]",
    tree: "[FOLDER]...",
    uname: "",
    uniq: "[INPUT [OUTPUT]]",
  },
  ...{ xargs: "[COMMAND [ARGUMENT]...]", yes: "[WORD]..." },
};

/** What `--help` says of a command of ours: all of its options and no other, by the names that GNU gives them. */
export function helpOf(name: string, rule: OptionRule): string {
  const usage = `Usage: ${name} [OPTION]... ${OPERANDS[name] ?? "[FILE]..."}`.trimEnd();
  return rule.help ?? `${usage}\n\nOptions, as GNU's ${name} has them:\n${optionsOf(rule)}`;
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
