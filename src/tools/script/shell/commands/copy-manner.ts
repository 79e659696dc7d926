import { FileTime, LinkTime, nanosecondsOf } from "../file-time.ts";
import type { Backups } from "./backup.ts";
import type { FileJob, Status } from "./file-job.ts";
import { quoted } from "./file-names.ts";
import { UMASK } from "./modes.ts";

/** How files are copied. */
export interface CopyManner {
  readonly recursive: boolean;
  /** Which links are followed: all, those that are named, none. */
  readonly follows: "all" | "named" | "none";
  readonly keepsMode: boolean;
  /** Whether a copy is made as if nothing was known of its permissions. */
  readonly dropsMode: boolean;
  readonly keepsTimes: boolean;
  readonly keepsLinks: boolean;
  readonly attributesOnly: boolean;
  readonly linksTo: "hard" | "symbolic" | undefined;
  /** What is done where something is there: it is replaced at any price, asked for, left. */
  readonly existing: "force" | "ask" | "leave" | undefined;
  readonly update: boolean;
  readonly removesFirst: boolean;
  readonly says: boolean;
  readonly backups: Backups;
  readonly oneFileSystem: boolean;
}

/**
 * Gives a copy the permissions and times that it is to have; answers whether it could. `usual` are the permissions that
 * it has been made with.
 */
export async function giveAttributes(
  job: FileJob,
  { keepsMode, dropsMode, keepsTimes }: CopyManner,
  from: Status,
  to: string,
  isNew: boolean,
  usual: number,
): Promise<boolean> {
  const path = job.path(to);
  // of a link in memory nothing but where it leads is known
  if (from.isSymbolicLink && (from.root === undefined || (await job.found(path, false))?.root === undefined))
    return true;
  let whole = true;
  if (keepsTimes) {
    const Time = from.isSymbolicLink ? LinkTime : FileTime;
    const accessed = new Time(nanosecondsOf(from.atime ?? from.mtime));
    const modified = new Time(nanosecondsOf(from.mtime));
    whole = await job.tried(`preserving times for ${quoted(to)}`, () => job.fs.utimes(path, accessed, modified));
  }
  if (from.isSymbolicLink || (!keepsMode && (dropsMode || !isNew))) return whole;
  const wanted = from.mode & (keepsMode ? 0o777 : 0o777 & ~UMASK);
  if (isNew && wanted === usual) return whole;
  return (await job.tried(`preserving permissions for ${quoted(to)}`, () => job.fs.chmod(path, wanted))) && whole;
}
