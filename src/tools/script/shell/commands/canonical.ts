import type { CommandContext } from "just-bash/browser";

/** What of a path has to be there: all, all but its end, nothing. */
export type Wanted = "existing" | "parents" | "missing";

const MOST_LINKS = 40;

/**
 * An absolute path with every link in it followed; undefined where something is not there that has to be. Follows links
 * by their text; what may be seen is still asked of the file system.
 */
export async function canonical(fs: CommandContext["fs"], path: string, wanted: Wanted): Promise<string | undefined> {
  let rest = path.split("/").filter((part) => part !== "");
  let done: string[] = [];
  let links = 0;
  while (rest.length > 0) {
    const [part = "", ...after] = rest;
    rest = after;
    if (part === "." || part === "") continue;
    if (part === "..") {
      done = done.slice(0, -1);
      continue;
    }
    const next = `/${[...done, part].join("/")}`;
    const status = await fs.lstat(next).catch(() => undefined);
    if (status === undefined) {
      if (wanted === "existing" || (wanted === "parents" && rest.length > 0)) return undefined;
      done = [...done, part];
      continue;
    }
    if (!status.isSymbolicLink) {
      if (!status.isDirectory && rest.length > 0 && wanted !== "missing") return undefined;
      done = [...done, part];
      continue;
    }
    if (++links > MOST_LINKS) return undefined;
    const target = await fs.readlink(next);
    if (target.startsWith("/")) done = [];
    rest = [...target.split("/").filter((one) => one !== ""), ...rest];
  }
  return `/${done.join("/")}`;
}

/** What leads from one folder to a path, both canonical. */
export function relativePath(path: string, from: string): string {
  const to = path.split("/").filter((part) => part !== "");
  const base = from.split("/").filter((part) => part !== "");
  let shared = 0;
  while (shared < to.length && shared < base.length && to[shared] === base[shared]) shared++;
  return [...base.slice(shared).map(() => ".."), ...to.slice(shared)].join("/") || ".";
}
