import { DEFAULT_LIMITS } from "../contract/limits.ts";
import type { Outcome } from "../contract/outcome.ts";
import { type Authority, createPermitOffice, type Permit, STANDARD_STREAMS } from "../contract/permit.ts";
import type { Sha256 } from "../contract/units.ts";
import type { Ceilings } from "./module-capabilities.ts";
import { createNamedModules, type NamedModules } from "./named-modules.ts";
import type { RunInput } from "./run-input.ts";
import { openStore as openGatedStore, type Store, type StoreOptions } from "./store.ts";

export type { CancelSignal } from "../contract/cancellation.ts";
export type { Fault } from "../contract/fault.ts";
export type { Limits } from "../contract/limits.ts";
export type { LogLevel, LogLine, Progress } from "../contract/note.ts";
export type { Outcome, Usage } from "../contract/outcome.ts";
export type { Authority, Permit, RootGrant } from "../contract/permit.ts";
export type { Sha256 } from "../contract/units.ts";
export type { HostCall, HostCallContext, HostCallHandler } from "./host-calls.ts";
export type { ModuleBounds } from "./meter/bounds.ts";
export type { Capabilities, Ceilings, FilesystemScope } from "./module-capabilities.ts";
export type { EntryPoint, ModuleNeeds, ModuleReport } from "./module-report.ts";
export type { DirectoryReport, LoadOptions, NamedModule, NamedModules } from "./named-modules.ts";
export type { RunInput } from "./run-input.ts";
export type { Store, StoreOptions, StoreStats } from "./store.ts";
export type { ToolsDirectoryOptions } from "./tools-directory.ts";
export type { ProtectedPath } from "./wasi/protection.ts";

/** Everything of {@link StoreOptions} but the permits, which this store makes itself. */
export type LibraryOptions = Omit<StoreOptions, "redeem" | "workerUrl"> & {
  readonly workerUrl?: URL;
  /**
   * The most that named modules get, whatever they ask for. By default no filesystem, clock or randomness, the limits
   * that a manifest may ask for at most, and the host calls that are registered.
   */
  readonly ceilings?: Partial<Ceilings>;
};

/**
 * What a run may do; what is left out is nothing, the three standard streams, which lead only to the caller's own
 * buffers, and the default limits.
 */
export type Grant = Partial<Omit<Authority, "limits">> & { readonly limits?: Partial<Authority["limits"]> };

/** A store whose user decides what each run may do. */
export interface LibraryStore extends Store {
  /** A permit to run the module once with this authority. */
  permit(module: Sha256, grant?: Grant): Permit;
  /** Modules by name, each with what its runs may do. */
  readonly modules: NamedModules;
  /** Runs a named module once, with what it may do and nothing else. Answers `module-refused` where there is none. */
  runNamed(name: string, input: RunInput): Promise<Outcome>;
}

/**
 * Opens a store as a library: untrusted WebAssembly runs metered, bounded and with only what each permit grants.
 *
 * ```js
 * import { openStore } from "tollgate/store";
 *
 * const store = openStore();
 * const loaded = store.load(await readFile("guest.wasm"));
 * if (!loaded.ok) throw new Error(loaded.fault.message);
 * const permit = store.permit(loaded.module, { limits: { fuel: 5_000_000 } });
 * const outcome = await store.run(permit, { stdin: new TextEncoder().encode("{}") });
 * // { kind: "exited", exitCode: 0, stdout, stderr, usage: { fuelConsumed, memoryPeak, durationMs } }
 * // or { kind: "fault", fault: { code: "fuel-exhausted", … }, stderr, usage }
 * await store.close();
 * ```
 */
export function openStore(options: LibraryOptions = {}): LibraryStore {
  const { ceilings, ...rest } = options;
  const office = createPermitOffice();
  const store = openGatedStore({
    workerUrl: new URL("./store-worker.js", import.meta.url),
    ...rest,
    redeem: office.redeem,
  });
  const modules = createNamedModules(store, { hostCalls: Object.keys(options.hostCalls ?? {}), ...ceilings });
  return {
    ...store,
    modules,
    permit: (module, grant = {}) =>
      office.mint(module, {
        roots: grant.roots ?? [],
        hostCalls: grant.hostCalls ?? [],
        streams: grant.streams ?? STANDARD_STREAMS,
        clock: grant.clock ?? false,
        random: grant.random ?? false,
        args: grant.args ?? [],
        env: grant.env ?? {},
        limits: { ...DEFAULT_LIMITS, ...grant.limits },
      }),
    runNamed(name, input) {
      const named = modules.get(name);
      // a permit for a module that was never loaded is answered in words that say so
      return store.run(office.mint(named?.module ?? "", named?.authority ?? NOTHING_GRANTED), input);
    },
  };
}

const NOTHING_GRANTED: Authority = {
  roots: [],
  hostCalls: [],
  streams: [],
  clock: false,
  random: false,
  args: [],
  env: {},
  limits: DEFAULT_LIMITS,
};
