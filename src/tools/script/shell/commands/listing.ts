// ls, as coreutils has it where its output goes to no terminal: one name a line.
import type { CommandContext, FsStat } from "just-bash/browser";
import { command, reasonOf } from "./command.ts";

interface Entry {
  /** As it is shown. */
  readonly name: string;
  readonly path: string;
  readonly stat: FsStat;
}

const SIX_MONTHS_MS = 15_778_476_000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Bytes that a file takes at least. */
export const BLOCK = 4096;

/** Set user, set group, sticky: where each shows, in the place of an execute bit. */
const SPECIAL = [
  [0o4000, 2, "s"],
  [0o2000, 5, "s"],
  [0o1000, 8, "t"],
] as const;

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Type and permissions in ten letters: `drwxr-xr-x`. */
export function modeOf({ mode, isDirectory, isSymbolicLink }: FsStat): string {
  const letters = [...(mode & 0o777).toString(2).padStart(9, "0")].map((bit, i) => (bit === "1" ? "rwx"[i % 3] : "-"));
  for (const [bit, at, letter] of SPECIAL)
    if ((mode & bit) !== 0) letters[at] = letters[at] === "x" ? letter : letter.toUpperCase();
  return (isSymbolicLink ? "l" : isDirectory ? "d" : "-") + letters.join("");
}

function humanSize(size: number): string {
  if (size < 1024) return String(size);
  let value = size;
  let unit = -1;
  for (; value >= 1024 && unit < 3; unit++) value /= 1024;
  return `${value < 10 ? (Math.ceil(value * 10) / 10).toFixed(1) : Math.ceil(value)}${"KMGT"[unit]}`;
}

function dateOf(time: Date, now: number): string {
  const two = (value: number, fill: string): string => String(value).padStart(2, fill);
  const age = now - time.getTime();
  const recent = age < SIX_MONTHS_MS && age > -SIX_MONTHS_MS;
  const last = recent
    ? `${two(time.getUTCHours(), "0")}:${two(time.getUTCMinutes(), "0")}`
    : ` ${time.getUTCFullYear()}`;
  return `${MONTHS[time.getUTCMonth()]} ${two(time.getUTCDate(), " ")} ${last}`;
}

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
  const sizes = entries.map(({ stat }) => (flags.has("h") ? humanSize(stat.size) : String(stat.size)));
  const width = Math.max(0, ...sizes.map((size) => size.length));
  const now = Date.now();
  const owners = [flags.has("g") ? "" : "user ", flags.has("o") ? "" : "user "].join("");
  let text = "";
  for (const [i, { path, stat }] of entries.entries()) {
    const target = stat.isSymbolicLink ? ` -> ${await fs.readlink(path).catch(() => "?")}` : "";
    text += `${modeOf(stat)} 1 ${owners}${(sizes[i] as string).padStart(width)} ${dateOf(stat.mtime, now)} ${shown[i]}${target}\n`;
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
        const blocks = inside.reduce((total, { stat }) => total + Math.ceil(stat.size / BLOCK) * (BLOCK / 1024), 0);
        stdout += `total ${flags.has("h") ? humanSize(blocks * 1024) : blocks}\n`;
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
