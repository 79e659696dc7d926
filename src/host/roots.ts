import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { safeText } from "../contract/safe-text.ts";

/** A root that was asked for. */
export interface WantedRoot {
  /** Absolute. */
  readonly path: string;
  /** Whether a person named it on the command line. */
  readonly explicit: boolean;
}

/** Roots that can be granted; `spellings` holds how a root was given where that is not its real path. */
export interface ResolvedRoots {
  readonly roots: readonly string[];
  readonly spellings: Readonly<Record<string, string>>;
}

/** Which of the wanted roots cannot be granted, and why. */
export interface RootProblem {
  readonly index: number;
  readonly message: string;
}

/**
 * The real paths of the wanted roots in their order, each once. Refuses what is not an existing directory, what lies
 * in the state directory, and `/` unless a person asked for it by name.
 */
export function resolveRoots(wanted: readonly WantedRoot[], stateDirectory: string): ResolvedRoots | RootProblem {
  const spellings: Record<string, string> = {};
  const roots: string[] = [];
  const state = realPathOfExisting(stateDirectory);
  for (const [index, { path, explicit }] of wanted.entries()) {
    const shown = safeText(path, 300);
    let real: string;
    try {
      real = realpathSync(path);
      if (!statSync(real).isDirectory()) return { index, message: `root ${shown} is not a directory` };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === "ENOENT" ? "does not exist: create it, or name another" : `cannot be used: ${code}`;
      return { index, message: `root ${shown} ${why}` };
    }
    if (real === "/" && !explicit) {
      return {
        index,
        message: 'root "/" would grant the whole machine: name directories, or give / on the command line',
      };
    }
    if (isWithin(state, real)) {
      return {
        index,
        message: `root ${shown} lies in the state directory ${safeText(stateDirectory, 300)}: name another`,
      };
    }
    if (roots.includes(real)) continue;
    roots.push(real);
    if (real !== path) spellings[real] = path;
  }
  return { roots, spellings };
}

/** Whether `path` is `directory` or below it. Both are absolute and real. */
export function isWithin(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`));
}

/** The real path of what exists of a path, with the rest of it as it is. */
export function realPathOfExisting(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPathOfExisting(parent), basename(path));
  }
}
