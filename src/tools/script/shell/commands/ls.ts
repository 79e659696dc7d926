// ls, as coreutils has it where its output goes to no terminal: one name a line.
import type { CommandContext, FsStat } from "just-bash/browser";
import { command, reasonOf } from "./command.ts";
import { BLOCK, blocksOf, listedTime, modeOf, OWNER } from "./file-facts.ts";
import { human } from "./sizes.ts";

interface Entry {
  /** As it is shown. */
  readonly name: string;
  readonly path: string;
  readonly stat: FsStat;
}

/** How far ahead of now a file may be that was written just now. */
const AHEAD_MS = 1000;

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function markOf({ isDirectory, isSymbolicLink, mode }: FsStat, flags: ReadonlySet<string>): string {
  if (isDirectory) return flags.has("F") || flags.has("p") ? "/" : "";
  if (!flags.has("F")) return "";
  return isSymbolicLink ? "@" : (mode & 0o111) !== 0 ? "*" : "";
}

function sorted(entries: Entry[], flags: ReadonlySet<string>): Entry[] {
  if (flags.has("U")) return entries;
  const order = (a: Entry, b: Entry): number => {
    const first = flags.has("S")
      ? b.stat.size - a.stat.size
      : flags.has("t")
        ? b.stat.mtime.getTime() - a.stat.mtime.getTime()
        : 0;
    return first === 0 ? byName(a.name, b.name) : first;
  };
  entries.sort(order);
  return flags.has("r") ? entries.reverse() : entries;
}

async function lines(entries: readonly Entry[], flags: ReadonlySet<string>, { fs }: CommandContext): Promise<string> {
  const shown = entries.map(({ name, stat }) => name + markOf(stat, flags));
  const long = ["l", "n", "g", "o"].some((flag) => flags.has(flag));
  if (!long) return shown.map((name) => `${name}\n`).join("");
  const sizes = entries.map(({ stat }) => (flags.has("h") ? human(stat.size) : String(stat.size)));
  const width = Math.max(0, ...sizes.map((size) => size.length));
  const now = Date.now();
  const owners = ["g", "o"].map((flag) => (flags.has(flag) ? "" : `${OWNER.name} `)).join("");
  let text = "";
  for (const [i, { path, stat }] of entries.entries()) {
    const target = stat.isSymbolicLink ? ` -> ${await fs.readlink(path).catch(() => "?")}` : "";
    text += `${modeOf(stat)} 1 ${owners}${(sizes[i] as string).padStart(width)} ${listedTime(stat.mtime, now, AHEAD_MS)} ${shown[i]}${target}\n`;
  }
  return text;
}

export const ls = command(
  "ls",
  {
    flags: "aAlno1dFprtSRhUgCxmGBqNLHk",
    values: "wTI",
    long: {
      ...{ all: "a", "almost-all": "A", directory: "d", classify: "F", reverse: "r", recursive: "R" },
      ...{ "human-readable": "h", "numeric-uid-gid": "n", "no-group": "G", "ignore-backups": "B" },
    },
  },
  async ({ flags, operands, path, context }) => {
    const { fs } = context;
    let [stdout, stderr, exitCode] = ["", "", 0];
    const long = ["l", "n", "g", "o"].some((flag) => flags.has(flag));
    const follows = !(long || flags.has("d") || flags.has("F")) || flags.has("L") || flags.has("H");
    const files: Entry[] = [];
    const folders: Entry[] = [];
    for (const name of operands.length === 0 ? ["."] : operands) {
      const at = path(name);
      try {
        const itself = await fs.lstat(at);
        const stat = follows && itself.isSymbolicLink ? await fs.stat(at).catch(() => itself) : itself;
        (stat.isDirectory && !flags.has("d") ? folders : files).push({ name, path: at, stat });
      } catch (error) {
        stderr += `ls: cannot access '${name}': ${reasonOf(error)}\n`;
        exitCode = 2;
      }
    }
    stdout += await lines(sorted(files, flags), flags, context);
    const titled = flags.has("R") || operands.length > 1;
    const list = async (folder: Entry): Promise<void> => {
      let names: string[];
      try {
        names = await fs.readdir(folder.path);
      } catch (error) {
        stderr += `ls: cannot open directory '${folder.name}': ${reasonOf(error)}\n`;
        exitCode = 2;
        return;
      }
      const all = flags.has("a") || flags.has("A");
      const inside: Entry[] = [];
      for (const name of flags.has("a") ? [".", "..", ...names] : names) {
        if (!all && name.startsWith(".")) continue;
        const at = name === "." ? folder.path : fs.resolvePath(folder.path, name);
        // what is above a root is not there to be asked
        const stat = await fs.lstat(at).catch(() => (name === ".." ? folder.stat : undefined));
        if (stat !== undefined) inside.push({ name, path: at, stat });
      }
      if (titled) stdout += `${stdout === "" ? "" : "\n"}${folder.name}:\n`;
      if (long) {
        const blocks = inside.reduce((total, { stat }) => total + blocksOf(stat) * (BLOCK / 1024), 0);
        stdout += `total ${flags.has("h") ? human(blocks * 1024) : blocks}\n`;
      }
      stdout += await lines(sorted(inside, flags), flags, context);
      if (!flags.has("R")) return;
      for (const { name, path: at, stat } of inside) {
        if (!stat.isDirectory || name === "." || name === "..") continue;
        await list({ name: `${folder.name.replace(/\/$/, "")}/${name}`, path: at, stat });
      }
    };
    for (const folder of sorted(folders, flags)) await list(folder);
    return { stdout, stdoutKind: "text", stderr, exitCode };
  },
  // what is for terminals changes nothing here
  (words) =>
    words.filter(
      (word) => !/^--(?:colou?r|time-style|group-directories-first|hyperlink|quoting-style)(?:=|$)/.test(word),
    ),
);
