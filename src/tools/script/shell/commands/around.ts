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
