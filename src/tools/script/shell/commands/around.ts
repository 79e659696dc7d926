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
