import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { flushFolder } from "../host/flush-folder.ts";

const FILE_BYTES = 8 * 1024 * 1024;

/** A file of another program, read in order to be changed. */
export interface FoundFile {
  /** The real file: links are followed, so that they stay links. */
  readonly path: string;
  /** Empty where there is no file yet. */
  readonly bytes: Buffer;
  readonly exists: boolean;
}

/** Reads a file through any links, or says why it cannot be changed. */
export function findFile(path: string): FoundFile | string {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
      return { path, bytes: Buffer.alloc(0), exists: false };
    const real = realpathSync(path);
    const stats = statSync(real);
    if (!stats.isFile()) return "is not a regular file";
    if (stats.size > FILE_BYTES) return `is larger than ${FILE_BYTES} bytes`;
    const bytes = readFileSync(real);
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { path: real, bytes, exists: true };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "is not UTF-8 text" : `cannot be read: ${code}`;
  }
}

/**
 * Puts new text in a file's place at once: a reader sees the old file or the new one, mode and owner survive, and, unless
 * `keepsOld` is false, the old bytes are kept beside it under a name with the time. Answers the backup's path (none for a new file), or why
 * nothing was changed. A file that changed since it was read is left alone.
 */
export function replaceFile(
  found: FoundFile,
  text: string,
  now: number,
  keepsOld = true,
): { readonly backup: string | undefined } | string {
  const { path } = found;
  const folder = dirname(path);
  let temporary: string | undefined;
  try {
    mkdirSync(folder, { recursive: true });
    const stats = found.exists ? statSync(path) : undefined;
    const mode = stats === undefined ? 0o600 : stats.mode & 0o777;
    temporary = join(folder, `.${basename(path)}.tollgate-${process.pid}-${now}`);
    writeDurably(temporary, Buffer.from(text, "utf8"), mode, stats);
    const backup = found.exists && keepsOld ? writeBackup(found, mode, stats, now) : undefined;
    const current = findFile(path);
    if (typeof current === "string" || current.exists !== found.exists || !current.bytes.equals(found.bytes)) {
      unlinkSync(temporary);
      return "changed while it was being edited: try again";
    }
    renameSync(temporary, path);
    temporary = undefined;
    flushFolder(folder);
    return { backup };
  } catch (error) {
    if (temporary !== undefined) {
      try {
        unlinkSync(temporary);
      } catch {
        // It was never made.
      }
    }
    return `cannot be written: ${(error as NodeJS.ErrnoException).code}`;
  }
}

type Owner = { readonly uid: number; readonly gid: number } | undefined;

function writeBackup({ path, bytes }: FoundFile, mode: number, owner: Owner, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  for (let attempt = 0; ; attempt++) {
    const backup = `${path}.backup-${stamp}${attempt === 0 ? "" : `-${attempt}`}`;
    try {
      writeDurably(backup, bytes, mode, owner);
      return backup;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 100) throw error;
    }
  }
}

/** Makes a new file, never through a link that somebody put there. */
function writeDurably(path: string, bytes: Uint8Array, mode: number, owner: Owner): void {
  const descriptor = openSync(path, "wx", 0o600);
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (owner !== undefined && process.geteuid?.() === 0) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, mode);
}
