// A copy of the built package that a test may damage.
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Scratch } from "./program.ts";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const PARTS = ["dist", "manifests", "policy", "schema", "package.json"];

export interface PackageCopy {
  readonly directory: string;
  /** The place, started from this copy. */
  readonly place: Scratch;
  read(file: string): string;
  /** Writes a file, or removes it, and answers how to put back what was there. */
  change(file: string, content: string | Uint8Array | undefined): () => void;
}

/** Copies what npm would install into the scratch home. */
export function copyPackage(place: Scratch): PackageCopy {
  const directory = join(place.home, "package");
  mkdirSync(directory);
  for (const part of PARTS) cpSync(join(PACKAGE, part), join(directory, part), { recursive: true });
  symlinkSync(join(PACKAGE, "node_modules"), join(directory, "node_modules"));
  const path = (file: string) => join(directory, file);
  return {
    directory,
    place: { ...place, main: path("dist/main.js") },
    read: (file) => readFileSync(path(file), "utf8"),
    change(file, content) {
      let before: Buffer | undefined;
      try {
        before = readFileSync(path(file));
      } catch {
        before = undefined;
      }
      if (content === undefined) rmSync(path(file));
      else writeFileSync(path(file), content);
      return () => (before === undefined ? rmSync(path(file)) : writeFileSync(path(file), before));
    },
  };
}
