/** Which line of which source file each line of a script comes from. */
export interface SourceLines {
  readonly files: readonly string[];
  /** By line of the script, the first first: the file's index and the line in it, counted from 1; `-1, 0` where it has none. */
  readonly lines: readonly number[];
}

/** The property of `globalThis` under which a script finds its own; it is gone once the script runs. */
export const SOURCE_LINES = "__lines";

const FRAME = /tool\.js:(\d+)/g;

/** The first place in the stack that lies in a source file, as `tool.ts:12`; nothing where none does. */
export function placeIn({ files, lines }: SourceLines, stack: string): string | undefined {
  for (const [, line] of stack.matchAll(FRAME)) {
    const at = 2 * (Number(line) - 1);
    const file = files[lines[at] ?? -1];
    if (file !== undefined) return `${file}:${lines[at + 1]}`;
  }
  return undefined;
}
