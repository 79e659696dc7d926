import { hash, subtle } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type Fault, fault } from "../contract/fault.ts";
import type { Sha256 } from "../contract/units.ts";
import type { Prepared } from "./messages.ts";
import type { ModuleBounds } from "./meter/bounds.ts";
import type { FeatureSet } from "./meter/features.ts";
import type { KnownAuthority, PreparedModule } from "./run-task.ts";

/** A module is prepared off the main thread; the answer comes once. */
export type PrepareModule = (
  bytes: Uint8Array,
  options: {
    readonly memoryPages: number;
    readonly bounds: ModuleBounds;
    readonly features: FeatureSet;
    readonly hostCalls: readonly string[];
  },
) => Promise<Prepared | Fault>;

type Ready = PreparedModule | Fault;

/** Native code takes about this many times the metered module's size. */
const NATIVE_FACTOR = 6;
/** What a refusal, or the smallest module, counts for. */
const LEAST_SIZE = 4096;
/** Runs of a module that was never run are expected to take this, in microseconds: not short. */
const UNKNOWN_US = 1000;

/**
 * The loaded modules, by SHA-256 of their bytes, and what was compiled of them, by SHA-256, memory cap and host calls.
 * Compiled modules are dropped least recently used first; loaded bytes are kept.
 */
export class ModuleCache {
  readonly #bytes = new Map<Sha256, Uint8Array>();
  readonly #sources = new Map<Sha256, () => Promise<Uint8Array>>();
  readonly #bounds: ModuleBounds;
  readonly #features: FeatureSet;
  readonly #limit: number;
  readonly #prepare: PrepareModule;
  readonly #ready: LRUCache<string, Ready>;
  readonly #preparing = new Map<string, Promise<Ready>>();
  #loadedBytes = 0;
  #nextId = 1;

  constructor(
    bounds: ModuleBounds,
    features: FeatureSet,
    maxBytes: number,
    prepare: PrepareModule,
    forget: (prepared: PreparedModule) => void,
  ) {
    this.#bounds = bounds;
    this.#features = features;
    this.#limit = maxBytes;
    this.#prepare = prepare;
    this.#ready = new LRUCache<string, Ready>({
      maxSize: maxBytes,
      sizeCalculation: (ready) => ("module" in ready ? Math.max(LEAST_SIZE, ready.size * NATIVE_FACTOR) : LEAST_SIZE),
      dispose: (ready) => {
        if ("module" in ready) forget(ready);
      },
    });
  }

  get size(): number {
    return this.#ready.size;
  }

  load(bytes: Uint8Array, expected?: Sha256): { ok: true; module: Sha256 } | { ok: false; fault: Fault } {
    const module = hash("sha256", bytes, "hex");
    if (expected !== undefined && expected !== module) return { ok: false, fault: mismatch(module, expected) };
    if (this.#bytes.has(module)) return { ok: true, module };
    const unfit = this.#unfit(bytes);
    if (unfit !== undefined) return { ok: false, fault: unfit };
    if (this.#loadedBytes + bytes.length > this.#limit) {
      return refuse("module-refused", `loaded modules would take over ${this.#limit} bytes: raise moduleCacheBytes`);
    }
    this.#loadedBytes += bytes.length;
    this.#bytes.set(module, bytes.slice()); // a copy, so that what was hashed is what runs
    return { ok: true, module };
  }

  /** Takes a module in whose bytes are read, and held to the hash, each time that it is to be compiled. */
  loadLater(module: Sha256, read: () => Promise<Uint8Array>): void {
    if (!this.#bytes.has(module)) this.#sources.set(module, read);
  }

  #unfit(bytes: Uint8Array): Fault | undefined {
    const limit = this.#bounds.moduleBytes;
    if (bytes.length > limit)
      return fault(
        "store",
        "module-refused",
        `module has ${bytes.length} bytes, over the limit of ${limit}: make it smaller`,
      );
    if (bytes.length >= 8 && bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d)
      return undefined;
    const why = "module is not WebAssembly: it does not begin with \\0asm: rebuild it";
    return fault("store", "module-invalid", why);
  }

  async #read(module: Sha256): Promise<Uint8Array | Fault> {
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = new Uint8Array(await (this.#sources.get(module) as () => Promise<Uint8Array>)());
    } catch (error) {
      const why = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
      return fault("store", "module-refused", `module cannot be read: ${why}: install it again`);
    }
    // off the main thread, which a large module would hold up
    const found = Buffer.from(await subtle.digest("SHA-256", bytes)).toString("hex");
    return found === module ? (this.#unfit(bytes) ?? bytes) : mismatch(found, module);
  }

  /** Forgets a module and what was compiled of it; runs under way keep what they have. False when it was not loaded. */
  unload(module: Sha256): boolean {
    const bytes = this.#bytes.get(module);
    if (!this.#sources.delete(module) && bytes === undefined) return false;
    this.#bytes.delete(module);
    this.#loadedBytes -= bytes?.length ?? 0;
    for (const key of this.#ready.keys()) if (key.startsWith(module)) this.#ready.delete(key);
    return true;
  }

  /** The compiled module or why there is none, at once where that is known. */
  get(module: Sha256, authority: KnownAuthority): Ready | Promise<Ready> {
    if (!this.#bytes.has(module) && !this.#sources.has(module)) {
      return fault("store", "module-refused", "module was never loaded, or unloaded since: load it, then run it");
    }
    const key = module + authority.moduleKey;
    return this.#ready.get(key) ?? this.#preparing.get(key) ?? this.#start(key, module, authority);
  }

  #start(key: string, module: Sha256, authority: KnownAuthority): Ready | Promise<Ready> {
    const { memoryPages, hostCalls } = authority;
    const options = { memoryPages, bounds: this.#bounds, features: this.#features, hostCalls };
    const loaded = this.#bytes.get(module);
    let unread = false;
    const readFirst = async (): Promise<Prepared | Fault> => {
      const bytes = await this.#read(module);
      unread = "code" in bytes;
      return "code" in bytes ? bytes : this.#prepare(bytes, options);
    };
    const prepared = loaded === undefined ? readFirst() : this.#prepare(loaded, options);
    const preparing = prepared.then((result) => {
      this.#preparing.delete(key);
      const ready: Ready =
        "module" in result ? { ...result, id: this.#nextId++, expectedUs: UNKNOWN_US, typicalUs: UNKNOWN_US } : result;
      const lasting = "module" in ready || ready.code.startsWith("module-") || ready.code === "import-refused";
      // what could not be read may be there the next time
      if (lasting && !unread) this.#ready.set(key, ready);
      return ready;
    });
    this.#preparing.set(key, preparing);
    return preparing;
  }
}

function mismatch(found: Sha256, expected: Sha256): Fault {
  const message = `module has SHA-256 ${found}, not ${expected.slice(0, 64)}: build it again`;
  return fault("store", "module-hash-mismatch", message);
}

function refuse(code: Fault["code"], message: string): { ok: false; fault: Fault } {
  return { ok: false, fault: fault("store", code, message) };
}
