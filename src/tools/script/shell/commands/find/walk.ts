// The way through the trees: no deeper on the stack than a loop, and without asking for what no test needs.
import type { FsStat, IFileSystem } from "just-bash/browser";
import { reasonOf } from "../command.ts";
import { type Entry, listing } from "../entries.ts";
import { Found, type Kind, kindOf, type Test } from "./found.ts";
import type { Search } from "./search.ts";

interface Folder {
  readonly file: Found;
  readonly entries: readonly Entry[];
  next: number;
}

/** Asks the test for every file below the starting points, each once. */
export async function walk(search: Search, test: Test): Promise<void> {
  const { fs, cwd } = search.context;
  const rest = cwd === "/" ? "/" : `${cwd}/`;
  for (const start of search.starts) {
    const at = start.startsWith("/") || /(^|\/)\.{0,2}(\/|$)/.test(start) ? fs.resolvePath(cwd, start) : rest + start;
    const name = start.replace(/(?!^)\/+$/, "").lastIndexOf("/");
    let file: Found;
    try {
      if (start === "") throw new Error("ENOENT");
      const status = await started(fs, at, search, start.endsWith("/"));
      const shown = start === "/" ? "/" : start.slice(name + 1);
      file = new Found(fs, { path: start, name: shown, at, start }, 0, kindOf(status), status);
    } catch (error) {
      search.refuse(start, error);
      continue;
    }
    await new Walk(search, test).from(file);
  }
}

/** A slash at the end of a name follows a link. */
async function started(fs: IFileSystem, at: string, { follow }: Search, slash: boolean): Promise<FsStat> {
  const status = await fs.lstat(at);
  if (slash && !status.isSymbolicLink && !status.isDirectory) throw new Error("ENOTDIR");
  if (!status.isSymbolicLink || (follow === "never" && !slash)) return status;
  return fs.stat(at).catch(() => status);
}

class Walk {
  readonly #search: Search;
  readonly #test: Test;
  readonly #open: Folder[] = [];
  readonly #listing: (path: string) => Promise<readonly Entry[]>;
  #device: unknown;

  constructor(search: Search, test: Test) {
    this.#search = search;
    this.#test = test;
    this.#listing = listing(search.context.fs);
  }

  async from(start: Found): Promise<void> {
    const { depthFirst } = this.#search;
    if (this.#search.oneDevice) this.#device = (await start.status()).dev;
    const met = this.#meet(start);
    if (met !== undefined) await met;
    while (this.#open.length > 0) {
      const folder = this.#open.at(-1) as Folder;
      const entry = folder.entries[folder.next++];
      if (entry === undefined) {
        this.#open.pop();
        const asked = depthFirst ? this.#ask(folder.file) : undefined;
        if (asked !== undefined) await asked;
        continue;
      }
      const met = this.#child(folder.file, entry);
      if (met !== undefined) await met;
    }
  }

  #child({ path, at, start, depth }: Found, { name, kind }: Entry): Promise<void> | undefined {
    const { fs } = this.#search.context;
    const place = {
      path: path.endsWith("/") ? path + name : `${path}/${name}`,
      name,
      at: at === "/" ? `/${name}` : `${at}/${name}`,
      start,
    };
    const file = new Found(fs, place, depth + 1, kind ?? "?");
    if (kind === undefined || (kind === "l" && this.#search.follow === "always")) return this.#lookedAt(file, kind);
    return this.#meet(file);
  }

  async #lookedAt(file: Found, kind: Kind | undefined): Promise<void> {
    try {
      if (kind === undefined) file.kind = kindOf(await file.status());
      const wasLink = file.kind === "l";
      if (wasLink && this.#search.follow === "always") await file.follow();
      if (wasLink && file.kind === "d") {
        const { ino, dev } = await file.status();
        for (const { file: above } of this.#open) {
          const status = await above.status();
          if (status.ino !== ino || status.dev !== dev) continue;
          this.#search.complain(
            `File system loop detected; ‘${file.path}’ is part of the same file system loop as ‘${above.path}’.`,
          );
          return;
        }
      }
    } catch (error) {
      this.#search.refuse(file.path, error);
      return;
    }
    await this.#meet(file);
  }

  /** Asks for a file, and opens a folder that is gone into. */
  #meet(file: Found): Promise<void> | undefined {
    const search = this.#search;
    const isOpened = file.kind === "d" && file.depth < search.most;
    if (search.depthFirst) return isOpened ? this.#enter(file) : this.#ask(file);
    search.pruned = false;
    const asked = this.#ask(file);
    if (!isOpened) return asked;
    const enter = (): Promise<void> | undefined => (search.pruned ? undefined : this.#enter(file));
    return asked === undefined ? enter() : asked.then(enter);
  }

  #ask(file: Found): Promise<void> | undefined {
    if (file.depth < this.#search.least || file.depth > this.#search.most) return undefined;
    const held = this.#test(file);
    return typeof held === "boolean" ? undefined : (held as Promise<unknown> as Promise<void>);
  }

  async #enter(file: Found): Promise<void> {
    const search = this.#search;
    let entries: readonly Entry[] = [];
    try {
      if (!search.oneDevice || (await file.status()).dev === this.#device) entries = await this.#listing(file.at);
    } catch (error) {
      search.complain(`‘${file.path}’: ${reasonOf(error)}`);
    }
    this.#open.push({ file, entries, next: 0 });
  }
}
