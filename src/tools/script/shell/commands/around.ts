// Commands of `just-bash` that lack something: each is asked as it is, with what it lacks done around it.

import { type Command, type CommandContext, defineCommand, type ExecResult } from "just-bash/browser";

type Original = (words: string[]) => Promise<ExecResult>;

/** A command of `just-bash` with something done around it. */
export function around(
  name: string,
  run: (words: string[], original: Original, context: CommandContext) => Promise<ExecResult>,
): Command {
  return defineCommand(name, (words: string[], context: CommandContext) => {
    const { origCommand } = context as { origCommand?: Original };
    return run(words, origCommand as Original, context);
  }) as Command;
}

/** `-i.bak` keeps what there was. */
export const sed = around("sed", async (words, original, context) => {
  const at = words.findIndex((word) => /^(-i.+|--in-place=.+|-[nErsz]*i\.\S+)$/.test(word));
  if (at < 0) return original(words);
  const word = words[at] as string;
  const suffix = word.startsWith("--in-place=") ? word.slice("--in-place=".length) : word.slice(word.indexOf("i") + 1);
  const flags = word.startsWith("--") ? "" : word.slice(1, word.indexOf("i"));
  for (const operand of words.slice(at + 1)) {
    const path = context.fs.resolvePath(context.cwd, operand);
    const found = await context.fs.stat(path).catch(() => undefined);
    if (found?.isFile === true) await context.fs.cp(path, `${path}${suffix}`);
  }
  return original([...words.slice(0, at), `-${flags}i`, ...words.slice(at + 1)]);
});

/** NUL is a character like any other. */
export const tr = around("tr", (words, original) =>
  original(words.map((word) => word.replace(/(^|[^\\])\\0(?![0-7])/g, "$1\0"))),
);

const UNITS: Readonly<Record<string, number>> = {
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  hour: 3600,
  day: 86400,
  week: 604800,
  fortnight: 1209600,
};

/** A date with steps behind it: `2024-01-31 +1 day`, `yesterday`, `3 hours ago`. */
export const date = around("date", async (words, original) => {
  const at = words.findIndex((word) => word === "-d" || word === "--date");
  const given = at >= 0 ? words[at + 1] : undefined;
  if (given === undefined) return original(words);
  const steps = [
    ...given.matchAll(/([+-]?\s*\d+)\s*(second|sec|minute|min|hour|day|week|fortnight|month|year)s?(\s+ago)?/gi),
  ];
  if (steps.length === 0) return original(words);
  const base = steps.reduce((text, [step]) => text.replace(step, ""), given).trim();
  const start = await original([...(words.includes("-u") ? ["-u"] : []), "-d", base === "" ? "now" : base, "+%s"]);
  if (start.exitCode !== 0) return original(words);
  const time = new Date(Number(start.stdout.trim()) * 1000);
  for (const [, count = "0", unit = "", ago] of steps) {
    const amount = Number(count.replace(/\s+/g, "")) * (ago === undefined ? 1 : -1);
    const name = unit.toLowerCase();
    if (name === "month") time.setUTCMonth(time.getUTCMonth() + amount);
    else if (name === "year") time.setUTCFullYear(time.getUTCFullYear() + amount);
    else time.setTime(time.getTime() + amount * 1000 * (UNITS[name] as number));
  }
  const seconds = `@${Math.floor(time.getTime() / 1000)}`;
  return original(words.map((word, i) => (i === at + 1 ? seconds : word)));
});
