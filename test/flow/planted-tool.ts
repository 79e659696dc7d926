// Tools that do not ship, in a copy of the package that accepts them.
import { createHash } from "node:crypto";
import type { Limits } from "../../src/contract/limits.ts";
import type { PackageCopy } from "./package-copy.ts";

export interface PlantedTool {
  /** Dotted. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly limits?: Partial<Limits>;
}

/** Schemas have to be ones that validators were built of. */
const MODEL = "manifests/fs.exists.json";
const SEAL = "manifests/seal.json";

/**
 * Puts tools into the copy as if they had been built and sealed with it: each has the manifest of `fs.exists` (one
 * argument `path`, roots read-only, the same answer) but for its name, limits and module.
 */
export function plantTools(copy: PackageCopy, tools: readonly PlantedTool[]): void {
  const model = JSON.parse(copy.read(MODEL));
  const seal = JSON.parse(copy.read(SEAL));
  for (const { name, bytes, limits } of tools) {
    const module = `${name}.wasm`;
    const manifest = { ...model, name, module, title: name, limits: { ...model.limits, ...limits } };
    copy.change(`dist/tools/${module}`, bytes);
    copy.change(`manifests/${name}.json`, JSON.stringify(manifest));
    seal.modules[module] = createHash("sha256").update(bytes).digest("hex");
  }
  copy.change(SEAL, JSON.stringify(seal));
}
