import { nanosecondsOf } from "../file-time.ts";
import { type CopyManner, giveAttributes } from "./copy-manner.ts";
import { type FileJob, isOneFileSystem, isSame, type Status } from "./file-job.ts";
import { below, folderOf, lastPart, quoted } from "./file-names.ts";

interface Ancestor {
  readonly status: Status;
  readonly above: Ancestor | undefined;
}

/**
 * Copies files and folders. The source is only read: whatever fails or ends on the way leaves it as it was. Each failure
 * is said by the job, and the rest is copied.
 */
export class Copying {
  readonly #job: FileJob;
  readonly #manner: CopyManner;
  /** Paths that were made from operands. */
  readonly #made = new Set<string>();
  readonly #sources = new Set<string>();
  readonly #madeFolders: Status[] = [];
  /** Where a file with several names was copied to, by its number. */
  readonly #linked = new Map<string, string>();

  constructor(job: FileJob, manner: CopyManner) {
    this.#job = job;
    this.#manner = manner;
  }

  /** Copies what was named; answers whether all of it was. */
  async operand(source: string, to: string): Promise<boolean> {
    const key = `${this.#job.path(source)}\0${this.#job.path(to)}`;
    if (this.#sources.has(key)) {
      this.#job.warn(`warning: source file ${quoted(source)} specified more than once`);
      return true;
    }
    this.#sources.add(key);
    return this.#copy(source, to, undefined);
  }

  async #copy(source: string, to: string, above: Ancestor | undefined): Promise<boolean> {
    const job = this.#job;
    const { follows, recursive, linksTo, existing } = this.#manner;
    let from: Status;
    try {
      from = await job.status(source, follows === "all" || (follows === "named" && above === undefined));
    } catch (error) {
      job.fail(`cannot stat ${quoted(source)}`, error);
      return false;
    }
    if (from.isDirectory && !recursive) {
      job.fail(`-r not specified; omitting directory ${quoted(source)}`);
      return false;
    }
    const itself = await job.found(job.path(to), false);
    const asLink = from.isSymbolicLink || from.isDirectory || linksTo !== undefined || this.#manner.removesFirst;
    const there = itself?.isSymbolicLink === true && !asLink ? await job.found(job.path(to), true) : itself;
    let kept: string | undefined;
    if (itself !== undefined) {
      const may = await this.#replaces(source, from, to, itself, there);
      if (may !== true) return may === undefined;
      if (!from.isDirectory) {
        kept = await this.#manner.backups.nameFor(job, to);
        if (kept !== undefined && !(await this.#keep(to, kept))) return false;
      }
    }
    if (above === undefined && !from.isDirectory) this.#made.add(job.path(to));
    const replaced = kept === undefined ? there : undefined;
    if (from.isDirectory) return this.#folder(source, from, to, replaced, above);
    const clears = from.isSymbolicLink || this.#manner.removesFirst || (linksTo !== undefined && existing === "force");
    if (replaced !== undefined && clears && !this.#manner.attributesOnly) {
      if (!(await job.tried(`cannot remove ${quoted(to)}`, () => job.fs.rm(job.path(to))))) return false;
      if (this.#manner.says && this.#manner.removesFirst) job.say(`removed ${quoted(to)}`);
    }
    if (this.#manner.says) this.#tell(source, to, kept);
    return this.#single(source, from, to, clears ? undefined : replaced);
  }

  #tell(source: string, to: string, kept?: string): void {
    const backup = kept === undefined ? "" : ` (backup: ${quoted(kept)})`;
    this.#job.say(`${quoted(source)} -> ${quoted(to)}${backup}`);
  }

  async #keep(to: string, kept: string): Promise<boolean> {
    const { fs, path } = this.#job;
    return this.#job.tried(`cannot backup ${quoted(to)}`, () => fs.mv(path(to), path(kept)));
  }

  /** Whether what is there is to give way: no is a failure, undefined is none. */
  async #replaces(
    source: string,
    from: Status,
    to: string,
    itself: Status,
    there: Status | undefined,
  ): Promise<boolean | undefined> {
    const job = this.#job;
    const { existing, update, backups, removesFirst, linksTo } = this.#manner;
    const refuse = (message: string): boolean => {
      job.fail(message);
      return false;
    };
    if (there !== undefined && isSame(from, there)) {
      if (linksTo === "hard") return undefined;
      const twoNames = job.path(source) !== job.path(to) && (removesFirst || backups.kept || from.isSymbolicLink);
      if (!twoNames && !(backups.kept && existing === "force"))
        return refuse(`${quoted(source)} and ${quoted(to)} are the same file`);
    }
    if (from.isDirectory) {
      if (there?.isDirectory !== true)
        return existing === "leave"
          ? undefined
          : refuse(`cannot overwrite non-directory ${quoted(to)} with directory ${quoted(source)}`);
      return true;
    }
    if (existing === "leave") return undefined;
    if (update && nanosecondsOf((there ?? itself).mtime) >= nanosecondsOf(from.mtime)) return undefined;
    if (there?.isDirectory === true) return refuse(`cannot overwrite directory ${quoted(to)} with non-directory`);
    if (existing === "ask" && !job.asks(`overwrite ${quoted(to)}`)) return undefined;
    if (this.#made.has(job.path(to)))
      return refuse(`will not overwrite just-created ${quoted(to)} with ${quoted(source)}`);
    if (there === undefined && !removesFirst && !backups.kept)
      return refuse(`not writing through dangling symlink ${quoted(to)}`);
    return true;
  }

  async #folder(
    source: string,
    from: Status,
    to: string,
    there: Status | undefined,
    above: Ancestor | undefined,
  ): Promise<boolean> {
    const job = this.#job;
    if (this.#madeFolders.some((made) => isSame(made, from))) {
      job.fail(`cannot copy a directory, ${quoted(source)}, into itself, ${quoted(to)}`);
      return false;
    }
    for (let one = above; one !== undefined; one = one.above) {
      if (!isSame(one.status, from)) continue;
      job.fail(`cannot copy cyclic symbolic link ${quoted(source)}`);
      return false;
    }
    const path = job.path(to);
    if (there === undefined) {
      if (!(await job.tried(`cannot create directory ${quoted(to)}`, () => job.fs.mkdir(path)))) return false;
      if (this.#manner.says) this.#tell(source, to);
      const made = await job.found(path, false);
      if (above === undefined && made !== undefined) this.#madeFolders.push(made);
    }
    let names: string[] = [];
    const read = await job.tried(`cannot access ${quoted(source)}`, async () => {
      names = await job.fs.readdir(job.path(source));
    });
    let whole = read;
    for (const name of names) {
      const inside = below(source, name);
      if (this.#manner.oneFileSystem) {
        const status = await job.found(job.path(inside), false);
        if (status !== undefined && !isOneFileSystem(status, from)) continue;
      }
      if (!(await this.#copy(inside, below(to, name), { status: from, above }))) whole = false;
    }
    return (await giveAttributes(job, this.#manner, from, to, there === undefined, 0o755)) && whole;
  }

  /** Copies what is no folder. */
  async #single(source: string, from: Status, to: string, there: Status | undefined): Promise<boolean> {
    const job = this.#job;
    const { fs } = job;
    const path = job.path(to);
    if (to.endsWith("/")) {
      job.fail(`cannot create regular file ${quoted(to)}: Not a directory`);
      return false;
    }
    const { linksTo, keepsLinks, attributesOnly } = this.#manner;
    if (linksTo === "hard")
      return job.tried(`cannot create hard link ${quoted(to)} to ${quoted(source)}`, () =>
        fs.link(job.path(source), path),
      );
    if (linksTo === "symbolic") return this.#symbolicLink(source, to);
    const number = keepsLinks && (from.links ?? 1) > 1 ? `${from.dev}:${from.ino}` : undefined;
    const first = number === undefined ? undefined : this.#linked.get(number);
    if (first !== undefined) {
      if (there !== undefined) await fs.rm(path).catch(() => undefined);
      return job.tried(`cannot create hard link ${quoted(to)} to ${quoted(first)}`, () =>
        fs.link(job.path(first), path),
      );
    }
    if (number !== undefined) this.#linked.set(number, to);
    if (from.isSymbolicLink) {
      const made = await job.tried(`cannot create symbolic link ${quoted(to)}`, async () =>
        fs.symlink(await fs.readlink(job.path(source)), path),
      );
      return made && giveAttributes(job, this.#manner, from, to, true, 0);
    }
    if (!attributesOnly || there === undefined) {
      let bytes: Uint8Array = new Uint8Array(0);
      if (!attributesOnly) {
        const read = await job.tried(`cannot open ${quoted(source)} for reading`, async () => {
          bytes = await job.bytes(source);
        });
        if (!read) return false;
      }
      const written = await job.tried(`cannot create regular file ${quoted(to)}`, () =>
        this.#write(path, bytes, there),
      );
      if (!written) return false;
    }
    return giveAttributes(job, this.#manner, from, to, there === undefined, 0o644);
  }

  async #write(path: string, bytes: Uint8Array, there: Status | undefined): Promise<void> {
    const { fs } = this.#job;
    if (there === undefined && !(await fs.stat(folderOf(path))).isDirectory) throw new Error("ENOTDIR");
    try {
      await fs.writeFile(path, bytes);
    } catch (error) {
      if (this.#manner.existing !== "force" || there === undefined) throw error;
      await fs.rm(path);
      await fs.writeFile(path, bytes);
    }
  }

  async #symbolicLink(source: string, to: string): Promise<boolean> {
    const job = this.#job;
    if (!source.startsWith("/") && job.path(folderOf(to)) !== job.path(".")) {
      job.fail(`${quoted(to)}: can make relative symbolic links only in current directory`);
      return false;
    }
    if (source.startsWith("/") && (await job.found(job.path(folderOf(to)), true))?.root !== undefined) {
      job.fail(
        `cannot create symbolic link ${quoted(to)} to ${quoted(source)}: no link to an absolute path can be in a granted folder: name it relative to here`,
      );
      return false;
    }
    return job.tried(`cannot create symbolic link ${quoted(to)} to ${quoted(source)}`, () =>
      job.fs.symlink(source, job.path(to)),
    );
  }
}

/** The name that an operand has in a folder. */
export const inFolder = (folder: string, source: string): string => below(folder, lastPart(source));
