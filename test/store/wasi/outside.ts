import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Everything below `base` but the granted directory: names, kinds, modes, links, times, sizes and contents, as one text,
 * to see afterwards that nothing of it has changed.
 */
export function outside(base: string, granted: string): string {
  const seen: string[] = [];
  const visit = (directory: string): void => {
    for (const name of readdirSync(directory).sort()) {
      const path = join(directory, name);
      if (path === granted) continue;
      const stat = lstatSync(path);
      seen.push(`${path} ${stat.mode} ${stat.nlink} ${stat.mtimeMs} ${stat.size}`);
      if (stat.isDirectory()) visit(path);
      else seen.push(stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, "utf8"));
    }
  };
  visit(base);
  return seen.join("\n");
}
