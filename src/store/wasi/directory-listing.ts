import { isUtf8 } from "node:buffer";
import { type Dir, type Dirent, opendirSync } from "node:fs";
import { FILE_TYPE, SIZE } from "./layout.ts";

/** One name in a directory, already in UTF-8. */
export interface ListedEntry {
  readonly name: Buffer;
  readonly type: number;
}

/** Entries fetched from the operating system at a time, and the least that are kept for a guest that steps back. */
const BATCH = 256;

/**
 * The entries of one directory, in a stable order for as long as the guest reads forward. Holds what one call of
 * the guest can return, however large the directory is. Cookie n names the n-th entry, `.` and `..` first. Names
 * that are not UTF-8 are left out, as a guest could not name them; {@link DirectoryListing.unnameable} counts them.
 */
export class DirectoryListing {
  readonly #path: string;
  #dir: Dir | undefined;
  #window: ListedEntry[] = [];
  /** Cookie of the first entry in the window. */
  #first = 0;
  #ended = false;
  /** Names left out so far. */
  #leftOut = 0;
  /** Started by {@link unnameable}, and nothing of it handed out yet. */
  #fresh = false;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Starts again where `cookie` points. `passed` is told the bytes of entries that had to be read only to get there, and
   * may throw. Errors of the operating system are thrown.
   */
  seek(cookie: number, passed: (bytes: number) => void): void {
    if (cookie === 0 ? !this.#fresh : cookie < this.#first) this.#rewind();
    this.#fresh = false;
    while (cookie > this.#first + this.#window.length && !this.#ended) {
      this.#first += this.#window.length;
      this.#window.length = 0;
      this.#fetch();
      for (const { name } of this.#window) passed(SIZE.dirent + name.length);
    }
    const behind = Math.min(cookie - this.#first, this.#window.length);
    if (behind >= BATCH) {
      this.#window.splice(0, behind);
      this.#first += behind;
    }
  }

  /** The entry with this cookie, or undefined at the end. */
  at(cookie: number): ListedEntry | undefined {
    while (cookie >= this.#first + this.#window.length && !this.#ended) this.#fetch();
    return this.#window[cookie - this.#first];
  }

  /**
   * How many names in the directory are not UTF-8, as of the listing where that has come to its end, else counted
   * anew; a listing from the start that follows at once is served from what was read here. `passed` is told the bytes
   * of each entry that had to be read beside the listing, and may throw. Errors of the operating system are thrown.
   */
  unnameable(passed: (bytes: number) => void): number {
    if (this.#dir === undefined) {
      this.#rewind();
      this.#fetch();
      this.#fresh = true;
    }
    return this.#ended ? this.#leftOut : countUnnameable(this.#path, passed);
  }

  close(): void {
    this.#dir?.closeSync();
    this.#dir = undefined;
  }

  #rewind(): void {
    this.close();
    this.#ended = false;
    this.#first = 0;
    this.#leftOut = 0;
    this.#fresh = false;
    this.#window = [
      { name: Buffer.from("."), type: FILE_TYPE.directory },
      { name: Buffer.from(".."), type: FILE_TYPE.directory },
    ];
    this.#dir = openRaw(this.#path);
  }

  #fetch(): void {
    if (this.#dir === undefined) this.#rewind();
    for (let i = 0; i < BATCH; i++) {
      const entry = this.#dir!.readSync();
      if (entry === null) {
        this.#ended = true;
        return;
      }
      const name = entry.name as unknown as Buffer;
      if (isUtf8(name)) this.#window.push({ name, type: typeOf(entry) });
      else this.#leftOut++;
    }
  }
}

/** `encoding: "buffer"` is what Node documents for raw names; its type declarations know only strings here. */
function openRaw(path: string): Dir {
  return opendirSync(path, { encoding: "buffer" as BufferEncoding, bufferSize: BATCH });
}

function countUnnameable(path: string, passed: (bytes: number) => void): number {
  const dir = openRaw(path);
  try {
    let count = 0;
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
      const name = entry.name as unknown as Buffer;
      passed(SIZE.dirent + name.length);
      if (!isUtf8(name)) count++;
    }
    return count;
  } finally {
    dir.closeSync();
  }
}

function typeOf(entry: Dirent): number {
  if (entry.isFile()) return FILE_TYPE.regular;
  if (entry.isDirectory()) return FILE_TYPE.directory;
  if (entry.isSymbolicLink()) return FILE_TYPE.symlink;
  return FILE_TYPE.unknown;
}
