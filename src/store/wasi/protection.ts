import { type BigIntStats, type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

export type ProtectedAccess = "none" | "read-only";

/** A file or, with its whole subtree, a directory that no guest may change, or not even see into. */
export interface ProtectedPath {
  readonly hostPath: string;
  readonly access: ProtectedAccess;
}

interface Identity {
  readonly dev: number;
  readonly access: ProtectedAccess;
  /** Of a file in a protected directory: when it was there. It may have been removed since, and its inode given to another. */
  readonly knownAt?: number;
}

/** Something that was found, by its status. */
export type Found = Pick<Stats | BigIntStats, "dev" | "ino" | "birthtimeMs" | "isDirectory">;

interface Name extends Identity {
  readonly ino: number;
  readonly folded: string;
}

interface Watched {
  readonly path: ProtectedPath;
  readonly real: string;
  /** What `path` and its parent were when the tables were built, to notice that something was replaced. */
  readonly mark: string;
}

/**
 * Knows what is protected: by device and inode, so that no other name, link or case leads to it, and by directory
 * and name, so that it can neither be made nor replaced while it is absent. Device and inode are compared as
 * doubles: two large inodes that round to the same double are both refused.
 *
 * Files that are in a directory with access `none` when the tables are built are known by themselves, so that hard
 * links made before do not lead to them either. Bind mounts inside a root that show a protected directory a second time are seen at the protected directory
 * itself and at known files, not at other files within.
 */
export class Protection {
  readonly #paths: readonly ProtectedPath[];
  readonly #reserved: ReadonlySet<string>;
  #watched: Watched[] = [];
  #identities = new Map<number, Identity[]>();
  #names: Name[] = [];
  #ancestors = new Map<number, Set<number>>();

  constructor(paths: readonly ProtectedPath[], reservedNames: readonly string[]) {
    this.#paths = paths;
    this.#reserved = new Set(reservedNames.map(foldName));
    this.#build();
  }

  get empty(): boolean {
    return this.#paths.length === 0;
  }

  /** Whether a name may be read but never made, written, renamed, linked or removed, wherever it is. */
  reserves(name: string): boolean {
    return this.#reserved.size > 0 && this.#reserved.has(foldName(name));
  }

  /**
   * The access that is left to what was found, or undefined when it is not protected. What was made after the tables were
   * built is none of the files that were known then, though it may have the inode of one.
   */
  ofFound(found: Found): ProtectedAccess | undefined {
    const made = found.isDirectory() ? Number.POSITIVE_INFINITY : Number(found.birthtimeMs);
    return this.#ofIdentity(Number(found.dev), Number(found.ino), made);
  }

  /** The same of a directory. */
  ofDirectory(dev: number, ino: number): ProtectedAccess | undefined {
    return this.#ofIdentity(dev, ino, Number.POSITIVE_INFINITY);
  }

  #ofIdentity(dev: number, ino: number, made: number): ProtectedAccess | undefined {
    return this.#identities.get(ino)?.find(({ dev: known, knownAt = made }) => known === dev && made <= knownAt)
      ?.access;
  }

  /** The access that is left to this name in the directory with this identity, or undefined. */
  ofName(dev: number, ino: number, name: string): ProtectedAccess | undefined {
    if (this.#names.length === 0) return undefined;
    const found = this.#names.find(
      (entry) => entry.ino === ino && entry.dev === dev && entry.folded === foldName(name),
    );
    return found?.access;
  }

  /** Whether the directory with this identity contains something protected, however deep. */
  isAncestor(dev: number, ino: number): boolean {
    return this.#ancestors.get(ino)?.has(dev) === true;
  }

  /** Whether anything protected lies in, or is, or contains, the directory with this real path. */
  concerns(realPath: string): boolean {
    return this.#watched.some(({ real }) => contains(realPath, real) || contains(real, realPath));
  }

  /** The access that is left to a directory with this real path because it is, or lies in, a protected one. */
  ofPath(realPath: string): ProtectedAccess | undefined {
    const over = this.#watched.filter(({ real }) => contains(real, realPath)).map(({ path }) => path.access);
    return over.includes("none") ? "none" : over[0];
  }

  /** Takes notice of protected paths that were made or replaced since; costs two stats for each. */
  refresh(): void {
    if (this.#watched.some((watched) => markOf(watched.path.hostPath) !== watched.mark)) this.#build();
  }

  #build(): void {
    const identities = new Map<number, Identity[]>();
    const names: Name[] = [];
    const ancestors = new Map<number, Set<number>>();
    this.#watched = this.#paths.map((path) => {
      const mark = markOf(path.hostPath);
      const { access } = path;
      // both the name itself and, when it is a link, what it leads to
      const ends = new Set([realOf(resolve(path.hostPath)), realParentOf(resolve(path.hostPath))]);
      for (const end of ends) {
        const stat = lstatSync(end.path, { throwIfNoEntry: false });
        if (stat !== undefined) push(identities, stat.ino, { dev: stat.dev, access });
        // a hard link to a file in there leads past the directory
        if (access === "none" && stat?.isDirectory()) {
          for (const { dev, ino, birthtimeMs } of filesIn(end.path)) {
            // The clock may have been set back since the file was made.
            push(identities, ino, { dev, access, knownAt: Math.max(Date.now(), birthtimeMs) });
          }
        }
        let child = end.path;
        let named = false;
        for (let parent = dirname(child); parent !== child; child = parent, parent = dirname(child)) {
          const directory = statOrNothing(parent);
          if (directory === undefined) continue;
          // the first directory that exists: the next name in it must not be made
          if (!named) names.push({ dev: directory.dev, ino: directory.ino, folded: foldName(basename(child)), access });
          named = true;
          const devices = ancestors.get(directory.ino) ?? new Set<number>();
          ancestors.set(directory.ino, devices.add(directory.dev));
        }
      }
      return { path, real: realOf(resolve(path.hostPath)).path, mark };
    });
    this.#identities = identities;
    this.#names = names;
    this.#ancestors = ancestors;
  }
}

/**
 * Names that some file system may take for one another have the same fold: case, compatibility forms and
 * characters that case-insensitive file systems ignore (Unicode 15, Default_Ignorable_Code_Point).
 */
export function foldName(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase().replace(/[. ]+$/, "");
  const bare = name.normalize("NFKD").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return bare
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[. ]+$/, "");
}

/** Whether `path` is `directory` or lies in it; both absolute and normal. */
export function contains(directory: string, path: string): boolean {
  if (directory === path) return true;
  return path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}

/** The real path of what exists, with what does not exist yet appended. */
function realOf(path: string): { path: string } {
  try {
    return { path: realpathSync(path) };
  } catch {
    const parent = dirname(path);
    return parent === path ? { path } : { path: join(realOf(parent).path, basename(path)) };
  }
}

/** The name itself in the real path of its directory, not followed. */
function realParentOf(path: string): { path: string } {
  const parent = dirname(path);
  return parent === path ? { path } : { path: join(realOf(parent).path, basename(path)) };
}

/** What every file below a directory is; what cannot be read or has vanished is left out. */
function* filesIn(directory: string): Generator<Stats> {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    const stat = entry.isFile() ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    if (stat !== undefined) yield stat;
  }
}

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function markOf(path: string): string {
  const own = statOrNothing(path);
  const parent = statOrNothing(dirname(path));
  return `${own?.dev}:${own?.ino}:${parent?.dev}:${parent?.ino}`;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
