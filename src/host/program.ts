import { readFileSync } from "node:fs";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Fault, fault } from "../contract/fault.ts";
import type { JsonObject } from "../contract/json.ts";
import { type BuildChecks, readBuildChecks } from "./build-checks.ts";
import { type Registry, readRegistry } from "./registry.ts";
import { findCheck, type ValidatorModule } from "./schema-check.ts";

/** The installed program: its tools as sealed, and its version. */
export interface Program {
  readonly registry: Registry;
  readonly version: string;
  readonly built: Pick<BuildChecks, "madePolicyCheck">;
  /** Loads the checks of arguments and answers, which takes a while and which no handshake needs: await it before a call. */
  loadChecks(): Promise<void>;
}

/** Folders of the package whose files decide what tools are and may do. */
const DECIDING_FOLDERS = ["dist", "manifests", "policy", "schema", "package.json", "node_modules"];

/** Reads the program's own files. Whatever is missing, edited or does not meet its seal refuses the whole. */
export async function readProgram(
  root: URL,
): Promise<({ readonly ok: true } & Program) | { readonly ok: false; readonly fault: Fault }> {
  const text = (file: string): JsonObject => JSON.parse(readFileSync(new URL(file, root), "utf8")) as JsonObject;
  let validators: ValidatorModule = {};
  const loadChecks = async (): Promise<void> => {
    validators = (await import(new URL("dist/validators.js", root).href)) as ValidatorModule;
  };
  try {
    const built = readBuildChecks(root);
    if (typeof built === "string") return { ok: false, fault: notWhole(built) };
    const read = await readRegistry({
      manifests: new URL("manifests/", root),
      modules: new URL("dist/tools/", root),
      built,
      loaded: () => validators,
      async check() {
        await loadChecks();
        const manifest = findCheck(validators, text("schema/manifest.schema.json"));
        if (manifest === undefined) throw new Error("the manifest schema has no validator");
        return { manifest, validators };
      },
    });
    return read.ok ? { ...read, built, loadChecks, version: String(text("package.json").version) } : read;
  } catch (error) {
    return { ok: false, fault: notWhole(error instanceof Error ? error.message : String(error)) };
  }
}

function notWhole(why: string): Fault {
  return fault("host", "internal", `the program is not whole: ${why}: run npm run build, or install tollgate again`);
}

/**
 * What of the installation no tool may change, also when a root contains it: the package's own folders and, where it
 * was installed as a dependency, the outermost `node_modules` above it, which holds what it loads.
 */
export function decidingFolders(root: URL): string[] {
  const folders = DECIDING_FOLDERS.map((name) => fileURLToPath(new URL(name, root)));
  const parts = fileURLToPath(root).split(sep);
  const outermost = parts.indexOf("node_modules");
  return outermost === -1 ? folders : [...folders, parts.slice(0, outermost + 1).join(sep)];
}
