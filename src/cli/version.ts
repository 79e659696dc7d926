import { readFileSync } from "node:fs";

/** The version in the package's own description. */
export function programVersion(packageRoot: URL): string {
  return String(JSON.parse(readFileSync(new URL("package.json", packageRoot), "utf8")).version);
}
