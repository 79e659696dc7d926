// Which of an archive's members the words of a command mean, and the folders that names are in.

import { nameOf } from "../bytes.ts";
import type { Given } from "../command.ts";
import { Failure, linesOf, reasonOf, Unread } from "../command.ts";
import { globOf } from "../glob.ts";
import { meets, meetsAnywhere } from "./patterns.ts";
import type { Report } from "./report.ts";
import type { Words } from "./words.ts";

const VERSION_CONTROL = [
  ...["CVS", "RCS", "SCCS", ".git", ".gitignore", ".gitattributes", ".gitmodules", ".cvsignore", ".svn", ".arch-ids"],
  ...["{arch}", "=RELEASE-ID", "=meta-update", "=update", ".bzr", ".bzrignore", ".bzrtags", ".hg", ".hgignore"],
  ...[".hgtags", "_darcs"],
];

/** A name with the folder it is in. */
export interface Named {
  readonly text: string;
  readonly folder: string;
}

export function fatal(message: string): Failure {
  return new Failure(`${message}\ntar: Error is not recoverable: exiting now`, 2);
}

/** All names that a command has, those of `-T` among them, and the folder that comes last. */
export async function namedIn(words: Words, given: Given): Promise<{ names: Named[]; folder: string }> {
  const { context, read } = given;
  const names: Named[] = [];
  let folder = context.cwd;
  for (const { kind, text } of words.items) {
    if (kind === "folder") {
      folder = context.fs.resolvePath(folder, text);
      try {
        if (!(await context.fs.stat(folder)).isDirectory) throw new Error("ENOTDIR");
      } catch (error) {
        throw fatal(`${text}: Cannot open: ${reasonOf(error)}`);
      }
    } else if (kind === "name") names.push({ text, folder });
    else {
      const list = await readList(text, read);
      for (const line of linesOf(list, words.flags.has("null") ? "\0" : "\n"))
        if (line !== "") names.push({ text: nameOf(line), folder });
    }
  }
  return { names, folder };
}

async function readList(name: string, read: Given["read"]): Promise<string> {
  try {
    return await read(name);
  } catch (error) {
    if (!(error instanceof Unread)) throw error;
    throw fatal(`${name}: Cannot open: ${error.reason}`);
  }
}

/** Whether a name is among those that `--exclude`, `-X` and `--exclude-vcs` leave out. */
export async function excludedBy(words: Words, given: Given): Promise<(name: string) => boolean> {
  const patterns = [...words.excluded, ...(words.flags.has("vcs") ? VERSION_CONTROL : [])];
  if (words.mode === "x" || words.mode === "t") patterns.push(...words.late);
  for (const file of words.excludedFrom)
    patterns.push(...linesOf(await readList(file, given.read)).flatMap((line) => (line === "" ? [] : [nameOf(line)])));
  const matchers = patterns.map((pattern) => globOf(pattern.replace(/(.)\/+$/, "$1")));
  return (name) => matchers.some((matches) => meetsAnywhere(matches, name));
}

/** Chooses members by the names that a command has, and keeps which of these are met. */
export class Chosen {
  readonly #names: { readonly named: Named; readonly fits: (name: string) => boolean; met: boolean }[];
  readonly #folder: string;

  constructor(names: readonly Named[], folder: string, flags: ReadonlySet<string>) {
    this.#folder = folder;
    this.#names = names.map((named) => {
      const text = named.text.replace(/(.)\/+$/, "$1");
      const matches = flags.has("wildcards") ? globOf(text) : (name: string): boolean => name === text;
      const fits = (name: string): boolean => {
        if (flags.has("flat")) return matches(name.replace(/(.)\/+$/, "$1"));
        return flags.has("anywhere") ? meetsAnywhere(matches, name) : meets(matches, name);
      };
      return { named, fits, met: false };
    });
  }

  /** The folder that a member is taken to; undefined where it isn't meant. */
  folderOf(name: string): string | undefined {
    if (this.#names.length === 0) return this.#folder;
    const found = this.#names.find(({ fits }) => fits(name));
    if (found === undefined) return undefined;
    found.met = true;
    return found.named.folder;
  }

  /** Says which names no member has. */
  sayMissing(report: Report): void {
    for (const { named, met } of this.#names) if (!met) report.fail(`${named.text}: Not found in archive`);
  }
}
