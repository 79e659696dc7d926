import { type Fault, fault } from "../contract/fault.ts";
import { DEFAULT_LIMITS } from "../contract/limits.ts";
import type { Authority } from "../contract/permit.ts";
import type { Sha256 } from "../contract/units.ts";
import { type Capabilities, type Ceilings, DEFAULT_CEILINGS, lowered } from "./module-capabilities.ts";
import { nameRefused } from "./module-name.ts";
import type { Store } from "./store.ts";
import { readToolsDirectory, type ToolsDirectoryOptions } from "./tools-directory.ts";

/** A module by its name, with what each run of it may do. */
export interface NamedModule {
  readonly name: string;
  /** SHA-256 of its bytes. */
  readonly module: Sha256;
  /** Bytes of the module. */
  readonly size: number;
  /** What it asked for, lowered to the ceilings. */
  readonly authority: Authority;
}

/** How a module is loaded. */
export interface LoadOptions {
  readonly capabilities?: Capabilities;
  /** The SHA-256 that the bytes must have; `module-hash-mismatch` where they have another. */
  readonly sha256?: Sha256;
  /** The directory that a filesystem scope speaks of; without one there is no filesystem. */
  readonly workspace?: string;
}

/** What a tools directory came to: the modules that were loaded, and every file that was not, with the reason. */
export interface DirectoryReport {
  readonly loaded: readonly NamedModule[];
  readonly refused: readonly { readonly file: string; readonly fault: Fault }[];
}

/** Modules by name. A name looks like `text.wrap`; it never is a path, and no file is ever looked up by one. */
export interface NamedModules {
  /**
   * Takes a module in under a name, in place of one that had it. Faults: `module-refused` for a name that is not
   * `/^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/` of at most 64 characters or where 256 names are taken, and those of `Store.load`.
   */
  load(name: string, bytes: Uint8Array, options?: LoadOptions): NamedModule | Fault;
  /** All, sorted by name. */
  list(): readonly NamedModule[];
  get(name: string): NamedModule | undefined;
  /** Forgets the name, and the module where no other name has it; false when there is none. Runs under way go on. */
  unload(name: string): boolean;
  /** Meters and compiles ahead, so that the first run does not wait; answers why the module cannot be run. */
  precompile(name: string): Promise<Fault | undefined>;
  /**
   * Loads every `<name>.wasm` of a directory inside of a workspace, `tools/wasm` by default, each with what `tools.json`
   * beside it says of it, lowered to the ceilings. A file that cannot be loaded is reported and keeps no other from it.
   * A fault where the directory itself, or `tools.json`, cannot be used: then nothing is loaded.
   */
  loadDirectory(options: ToolsDirectoryOptions): DirectoryReport | Fault;
}

/** Names in one registry. */
const MOST_NAMES = 256;

export function createNamedModules(
  store: Pick<Store, "load" | "unload" | "warm">,
  ceilings: Partial<Ceilings>,
): NamedModules {
  const most: Ceilings = { ...DEFAULT_CEILINGS, ...ceilings };
  const byName = new Map<string, NamedModule>();

  function load(name: string, bytes: Uint8Array, options: LoadOptions = {}): NamedModule | Fault {
    const wrong = nameRefused(name);
    if (wrong !== undefined) return wrong;
    const before = byName.get(name);
    if (before === undefined && byName.size >= MOST_NAMES) {
      const message = `${MOST_NAMES} modules are loaded, as many as may be: unload one first`;
      return fault("store", "module-refused", message, { limit: MOST_NAMES });
    }
    const loaded = store.load(bytes, options.sha256);
    if (!loaded.ok) return loaded.fault;
    const named = Object.freeze({
      name,
      module: loaded.module,
      size: bytes.length,
      authority: lowered(options.capabilities ?? {}, most, DEFAULT_LIMITS, options.workspace),
    });
    byName.set(name, named);
    if (before !== undefined) forget(before.module);
    return named;
  }

  /** The same bytes may have several names. */
  function forget(module: Sha256): void {
    if (![...byName.values()].some((named) => named.module === module)) store.unload(module);
  }

  return {
    load,
    list: () => [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (name) => byName.get(name),
    unload(name) {
      const named = byName.get(name);
      if (named === undefined) return false;
      byName.delete(name);
      forget(named.module);
      return true;
    },
    async precompile(name) {
      const named = byName.get(name);
      if (named === undefined)
        return fault("store", "module-refused", "there is no module of that name: load it first");
      return store.warm(named.module, named.authority);
    },
    loadDirectory(options) {
      const read = readToolsDirectory(options);
      if ("code" in read) return read;
      const loaded: NamedModule[] = [];
      const refused: { file: string; fault: Fault }[] = [...read.refused];
      for (const { name, file, bytes, capabilities, sha256 } of read.tools) {
        const named = load(name, bytes, {
          capabilities,
          workspace: read.workspace,
          ...(sha256 !== undefined && { sha256 }),
        });
        if ("code" in named) refused.push({ file, fault: named });
        else loaded.push(named);
      }
      return { loaded, refused };
    },
  };
}
