import { type IFileSystem, MountableFs } from "just-bash/browser";
import { type Kind, kindOf } from "./find/found.ts";

/** A name in a folder, and of what kind it is where that is known without asking. */
export interface Entry {
  readonly name: string;
  readonly kind: Kind | undefined;
}

/**
 * How folders are listed: with the kinds of their entries at once where they lie below a root and no other root is
 * hung in below them.
 */
export function listing(fs: IFileSystem): (path: string) => Promise<readonly Entry[]> {
  const mounts = fs instanceof MountableFs ? fs.getMounts() : [];
  return async (path) => {
    const below = path === "/" ? "/" : `${path}/`;
    const root = mounts
      .filter(({ mountPoint }) => path === mountPoint || path.startsWith(`${mountPoint}/`))
      .sort((a, b) => b.mountPoint.length - a.mountPoint.length)[0];
    const list = root?.filesystem.readdirWithFileTypes;
    if (root === undefined || list === undefined || mounts.some(({ mountPoint }) => mountPoint.startsWith(below)))
      return (await fs.readdir(path)).map((name) => ({ name, kind: undefined }));
    const entries = await list.call(root.filesystem, path.slice(root.mountPoint.length) || "/");
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  };
}
