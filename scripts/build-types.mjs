// Writes dist/types: the declarations of the library face, `tollgate/store`, and of what they speak of, nothing else.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const FACE = "store/library.d.ts";

/** A declaration file and every one that it imports, however far. */
function reached(out, file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path] of readFileSync(join(out, file), "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)\.ts"/g)) {
    reached(out, join(dirname(file), `${path}.d.ts`), found);
  }
  return found;
}

export function buildTypes(out = join(ROOT, "dist/types")) {
  rmSync(out, { recursive: true, force: true });
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const options = ["-p", join(ROOT, "tsconfig.types.json"), "--outDir", out];
  execFileSync(process.execPath, [tsc, ...options], { cwd: ROOT, stdio: "inherit" });
  const kept = reached(out, FACE);
  for (const file of readdirSync(out, { recursive: true })) {
    if (file.endsWith(".d.ts") && !kept.has(file)) rmSync(join(out, file));
  }
}
