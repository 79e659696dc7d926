import type { CommandContext } from "just-bash/browser";
import { reasonOf } from "../command.ts";
import { listing } from "../entries.ts";
import { kindOf } from "../find/found.ts";
import { globOf } from "../glob.ts";

export interface Choice {
  readonly recursive: boolean;
  /** Whether links below a folder are followed. */
  readonly follow: boolean;
  readonly skipFolders: boolean;
  /** Whether the only start is the folder that nobody named. */
  readonly bare: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly excludeFolders: readonly string[];
  complain(message: string): void;
}

export interface Source {
  readonly name: string;
  /** Undefined for standard input. */
  readonly at: string | undefined;
}

/** Whether one of the patterns takes a name, or what stands behind a slash in it. */
function taking(patterns: readonly string[]): (name: string) => boolean {
  const globs = patterns.map((pattern) => ({
    matches: globOf(pattern.replace(/(?!^)\/+$/, "")),
    deep: pattern.includes("/"),
  }));
  return (name) => {
    const base = name.slice(name.lastIndexOf("/") + 1);
    return globs.some(({ matches, deep }) => matches(base) || (deep && matches(name)));
  };
}

/** The files that are named, and those below folders that are: each once, and no deeper on the stack than a loop. */
export async function* filesBelow(
  { fs, cwd }: CommandContext,
  starts: readonly string[],
  choice: Choice,
): AsyncGenerator<Source> {
  const list = listing(fs);
  const [included, excluded, passed] = [taking(choice.include), taking(choice.exclude), taking(choice.excludeFolders)];
  const isTaken = (name: string): boolean => (choice.include.length === 0 || included(name)) && !excluded(name);
  for (const start of starts) {
    if (start === "-") {
      yield { name: "-", at: undefined };
      continue;
    }
    const at = fs.resolvePath(cwd, start);
    const status = await fs.stat(at).catch((error) => choice.complain(`${start}: ${reasonOf(error)}`));
    if (status === undefined) continue;
    if (!status.isDirectory) {
      if (isTaken(start)) yield { name: start, at };
      continue;
    }
    if (!choice.recursive) {
      if (!choice.skipFolders) choice.complain(`${start}: Is a directory`);
      continue;
    }
    if (start !== "." && passed(start.replace(/(?!^)\/+$/, ""))) continue;
    const waiting = [{ name: choice.bare ? "" : start.replace(/(?!^)\/+$/, ""), at, kind: "d", above: [] as string[] }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next.kind === "f") {
        yield next;
        continue;
      }
      const { name: shown, at: folder } = next;
      const real = choice.follow ? await fs.realpath(folder).catch(() => folder) : folder;
      if (next.above.includes(real)) {
        choice.complain(`${shown}: warning: recursive directory loop`);
        continue;
      }
      const above = choice.follow ? [...next.above, real] : next.above;
      const entries = await list(folder).catch((error) => choice.complain(`${shown}: ${reasonOf(error)}`));
      for (const entry of [...(entries ?? [])].reverse()) {
        const path = folder === "/" ? `/${entry.name}` : `${folder}/${entry.name}`;
        const name = shown === "" ? entry.name : shown.endsWith("/") ? shown + entry.name : `${shown}/${entry.name}`;
        let kind = entry.kind ?? (await fs.lstat(path).then(kindOf, () => "?" as const));
        if (kind === "l" && choice.follow) kind = await fs.stat(path).then(kindOf, () => "?" as const);
        if (kind === "f" ? isTaken(name) : kind === "d" && !passed(name)) waiting.push({ name, at: path, kind, above });
      }
    }
  }
}
