// What is said of a file beside its name, alike in every command that says it.
import type { FsStat, IFileSystem } from "just-bash/browser";
import { nanosecondsOf } from "../file-time.ts";
import type { RootFileStat } from "../root-file-system.ts";
import { MONTHS } from "./date-format.ts";

/** Who owns a file is not told to a script: it is always this user, and the group of that name. */
export const OWNER = { name: "user", id: 1000 } as const;
/** Bytes that a file takes at least. */
export const BLOCK = 4096;

const SIX_MONTHS_MS = 15_778_476_000;
/** Set user, set group, sticky: where each shows, in the place of an execute bit. */
const SPECIAL = [
  [0o4000, 2, "s"],
  [0o2000, 5, "s"],
  [0o1000, 8, "t"],
] as const;

/** Permissions in nine letters: `rwxr-xr-x`. */
export function permissionsOf(mode: number): string {
  const letters = [...(mode & 0o777).toString(2).padStart(9, "0")].map((bit, i) => (bit === "1" ? "rwx"[i % 3] : "-"));
  for (const [bit, at, letter] of SPECIAL)
    if ((mode & bit) !== 0) letters[at] = letters[at] === "x" ? letter : letter.toUpperCase();
  return letters.join("");
}

/** Type and permissions in ten letters: `drwxr-xr-x`. */
export function modeOf({ mode, isDirectory, isSymbolicLink }: FsStat): string {
  return (isSymbolicLink ? "l" : isDirectory ? "d" : "-") + permissionsOf(mode);
}

/** Whether a folder is there, and can be seen. */
export function isFolder(fs: IFileSystem, path: string): Promise<boolean> {
  return fs.stat(path).then(
    ({ isDirectory }) => isDirectory,
    () => false,
  );
}

/** How many blocks a file takes. */
export function blocksOf({ size, isSymbolicLink }: FsStat): number {
  return isSymbolicLink ? 0 : Math.ceil(size / BLOCK);
}

export function linksOf(status: FsStat): number {
  return (status as Partial<RootFileStat>).links ?? 1;
}

/** When a file was accessed, changed or modified; of what lies in the memory of the shell only one time is known. */
export function timeOf(status: FsStat, which: "a" | "c" | "m"): Date {
  const { atime = status.mtime, ctime = status.mtime } = status as Partial<RootFileStat>;
  return which === "m" ? status.mtime : which === "a" ? atime : ctime;
}

/** A time to the nanosecond: `2024-01-31 12:00:00.000000000 +0000`. */
export function fullTime(time: Date): string {
  const nanoseconds = nanosecondsOf(time);
  const date = new Date(Number(nanoseconds / 1_000_000n)).toISOString();
  return `${date.slice(0, 10)} ${date.slice(11, 19)}.${String(nanoseconds % 1_000_000_000n).padStart(9, "0")} +0000`;
}

/** A time as listings have it: with the time of day if it is of the last six months, or no more than so far ahead. */
export function listedTime(time: Date, now: number, aheadMs: number): string {
  const two = (value: number, fill: string): string => String(value).padStart(2, fill);
  const age = now - time.getTime();
  const last =
    age < SIX_MONTHS_MS && age > -aheadMs
      ? `${two(time.getUTCHours(), "0")}:${two(time.getUTCMinutes(), "0")}`
      : ` ${time.getUTCFullYear()}`;
  return `${(MONTHS[time.getUTCMonth()] as string).slice(0, 3)} ${two(time.getUTCDate(), " ")} ${last}`;
}
