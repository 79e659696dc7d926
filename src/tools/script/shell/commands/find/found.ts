import type { FsStat, IFileSystem } from "just-bash/browser";

/** Of what kind a file is, in the letters of -type; `?` for what is neither file, folder nor link. */
export type Kind = "f" | "d" | "l" | "?";

/** What is asked of an entry, no sooner than it is needed. */
export class Found {
  /** As it is shown. */
  readonly path: string;
  readonly name: string;
  /** Where it lies, absolute. */
  readonly at: string;
  readonly start: string;
  readonly depth: number;
  kind: Kind;
  readonly #fs: IFileSystem;
  #status: FsStat | undefined;

  constructor(
    fs: IFileSystem,
    place: { readonly path: string; readonly name: string; readonly at: string; readonly start: string },
    depth: number,
    kind: Kind,
    status?: FsStat,
  ) {
    this.#fs = fs;
    this.path = place.path;
    this.name = place.name;
    this.at = place.at;
    this.start = place.start;
    this.depth = depth;
    this.kind = kind;
    this.#status = status;
  }

  /** Its status: of what it leads to where links are followed. */
  async status(): Promise<FsStat> {
    this.#status ??= await this.#fs.lstat(this.at);
    return this.#status;
  }

  /** Follows a link, where it leads somewhere. */
  async follow(): Promise<void> {
    const status = await this.#fs.stat(this.at).catch(() => undefined);
    if (status === undefined) return;
    this.#status = status;
    this.kind = kindOf(status);
  }
}

export function kindOf({
  isDirectory,
  isSymbolicLink,
  isFile,
}: Pick<FsStat, "isDirectory" | "isSymbolicLink" | "isFile">): Kind {
  return isDirectory ? "d" : isSymbolicLink ? "l" : isFile ? "f" : "?";
}

/** A test or an action: whether it holds for a file; at once where nothing has to be waited for. */
export type Test = (file: Found) => boolean | Promise<boolean>;
