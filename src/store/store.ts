import { availableParallelism } from "node:os";
import type { Fault } from "../contract/fault.ts";
import { fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Authority, Permit } from "../contract/permit.ts";
import { MIB, type Sha256 } from "../contract/units.ts";
import { Admission } from "./admission.ts";
import { AuthorityBook } from "./authority-book.ts";
import { HostCallDesk } from "./host-call-desk.ts";
import { type HostCall, registerHostCalls } from "./host-calls.ts";
import type { Prepared } from "./messages.ts";
import { DEFAULT_MODULE_BOUNDS, type ModuleBounds } from "./meter/bounds.ts";
import { type Feature, featureSet } from "./meter/features.ts";
import { ModuleCache } from "./module-cache.ts";
import { ENTRY_POINTS, type ModuleReport } from "./module-report.ts";
import { nestedTooDeep } from "./nesting.ts";
import { WorkerPool } from "./pool.ts";
import type { RunInput } from "./run-input.ts";
import { type PreparedModule, type RunTask, unmeasured } from "./run-task.ts";
import { cancelledFault, shutdownFault } from "./trap.ts";
import type { ProtectedPath } from "./wasi/protection.ts";
import type { PoolSize } from "./worker-set.ts";

/** How a store is set up. */
export interface StoreOptions {
  /** True exactly once for a permit that may be used: the `redeem` half of a permit office. */
  readonly redeem: (permit: Permit) => boolean;
  /**
   * Worker threads, 1 to 64; by default the number of processors less one, 2 to 4. They start when needed. By default
   * short runs stay with as many as there are processors beside the main thread's; the number given is for all runs.
   */
  readonly workers?: number;
  /** The bundled worker script, `dist/store-worker.js`. */
  readonly workerUrl: URL;
  /** Out of every guest's reach, also inside of a granted root. */
  readonly protectedPaths?: readonly ProtectedPath[];
  /** File names that a guest may read but never make or change. */
  readonly protectedNames?: readonly string[];
  /**
   * Runs of one principal that may wait, 4096 by default, and of all together four times as many; the next is refused as
   * `overloaded`. So one that floods leaves room for others.
   */
  readonly queueLimit?: number;
  /** Bytes of input of one principal that may be under way, 256 MiB by default; of all together four times as many. */
  readonly queueBytes?: number;
  /** Bytes of loaded modules, and of compiled ones by estimate; 256 MiB each by default. */
  readonly moduleCacheBytes?: number;
  /** Functions that guests may import from the module `tollgate`, by name, where the permit grants them. */
  readonly hostCalls?: Readonly<Record<string, HostCall>>;
  /**
   * Runs that may wait for host calls at once, 1 to 256, each with a thread of its own beside `workers`; 32 by default. A
   * host call beyond that, or beyond half of it by one principal, is answered `overloaded`.
   */
  readonly hostCallThreads?: number;
  /** Told what a handler of a host call threw; by default a process warning. */
  readonly onHostCallError?: (name: string, error: unknown) => void;
  /** Static bounds on modules. */
  readonly bounds?: ModuleBounds;
  /**
   * Proposals of WebAssembly to turn on or off; the others stay as they are by default: all on but relaxed SIMD and
   * garbage collection. An unknown name throws a RangeError. A module that uses what is off is refused by name.
   */
  readonly features?: Readonly<Partial<Record<Feature, boolean>>>;
}

/** What a store is doing, for people and metrics. */
export interface StoreStats {
  readonly workers: number;
  readonly busy: number;
  readonly queued: number;
  readonly running: number;
  /** Workers that were ended and replaced so far. */
  readonly replaced: number;
  /** Runs that came to an outcome so far. */
  readonly runs: number;
  /** Compiled modules in the cache. */
  readonly modules: number;
}

export interface Store {
  /** Takes a module in, by the SHA-256 of its bytes; idempotent. It is metered and compiled at its first use. */
  load(bytes: Uint8Array, expected?: Sha256): { ok: true; module: Sha256 } | { ok: false; fault: Fault };
  /**
   * Takes a module in by its SHA-256 alone: its bytes are read when it is to be compiled, and held to the hash and to the
   * bounds each time. A run of one that cannot be read is refused as `module-refused`.
   */
  loadLater(module: Sha256, read: () => Promise<Uint8Array>): void;
  /** Forgets a module; runs of it that were begun or wait go on. False when it was not loaded. */
  unload(module: Sha256): boolean;
  /** Meters and compiles ahead, off the main thread, what runs with this authority will need. */
  warm(module: Sha256, authority: Authority): Promise<Fault | undefined>;
  /**
   * Runs a module once, in a fresh instance, memory and WASI context, with the authority of the permit and nothing
   * else. Never rejects. The permit is used up whatever the outcome. Figures of a run whose worker was lost or ended
   * are 0 but for the time; fuel of a run that met its deadline is a lower bound.
   */
  run(permit: Permit, input: RunInput): Promise<Outcome>;
  /** Says what a module imports, exports and needs, without running it. */
  inspect(bytes: Uint8Array): Promise<ModuleReport | Fault>;
  stats(): StoreStats;
  /** Ends everything that runs or waits, as `shutting-down`, and every thread. Idempotent. */
  close(): Promise<void>;
}

const QUEUE_LIMIT = 4096;
const QUEUE_BYTES = 256 * MIB;
const CACHE_BYTES = 256 * MIB;
const MOST_WORKERS = 64;
const WAITING_THREADS = 32;
const MOST_WAITING = 256;
const LAST_SEQUENCE = 0x3fff_ffff;

/**
 * Opens a store: each run of a module is metered, bounded in memory, time and output, and holds exactly the authority
 * of its permit. Guests run in worker threads; a hostile one costs at most its own run. An idle store does not keep
 * the process alive. As a library, `library.ts` makes the permits as well.
 */
export function openStore(options: StoreOptions): Store {
  const features = featureSet(options.features ?? {});
  const hostCalls = registerHostCalls(options.hostCalls ?? {});
  const registered = hostCalls.map(({ name }) => name);
  const pool = new WorkerPool(
    {
      workerUrl: options.workerUrl,
      protectedPaths: options.protectedPaths ?? [],
      protectedNames: options.protectedNames ?? [],
      hostCalls,
    },
    poolSize(options),
    new HostCallDesk(hostCalls, options.onHostCallError ?? warn),
  );
  const bounds = options.bounds ?? DEFAULT_MODULE_BOUNDS;
  const modules = new ModuleCache(
    bounds,
    features,
    options.moduleCacheBytes ?? CACHE_BYTES,
    async (bytes, request) =>
      (await pool.prepare((id) => ({ kind: "prepare", id, bytes, registered, ...request }))) as Prepared | Fault,
    (prepared) => pool.forgetModule(prepared.id),
  );
  const authorities = new AuthorityBook();
  const queue = new Admission(options.queueLimit ?? QUEUE_LIMIT, options.queueBytes ?? QUEUE_BYTES);
  let runs = 0;
  let sequence = 0;
  let closing: Promise<void> | undefined;

  function run(permit: Permit, input: RunInput): Promise<Outcome> {
    const { stdin, signal, parent } = input;
    if (closing !== undefined) return refuse(shutdownFault());
    if (!options.redeem(permit)) {
      const message =
        "the permit is not valid: it was used before or not made for this store: ask the gate for another";
      return refuse(fault("store", "permit-invalid", message));
    }
    if (signal?.aborted === true || parent?.signal.aborted === true) return refuse(cancelledFault());
    const depth = parent === undefined ? 0 : parent.depth + 1;
    const principal = input.principal ?? parent?.principal ?? "";
    const busy = nestedTooDeep(depth) ?? queue.refuses(principal, stdin.length);
    if (busy !== undefined) return refuse(busy);
    const authority = authorities.know(permit.authority);
    if ("code" in authority) return refuse(authority);
    const ready = modules.get(permit.module, authority);
    if ("code" in ready) return refuse(ready);

    return new Promise((resolve) => {
      let submitted = false;
      sequence = sequence === LAST_SEQUENCE ? 1 : sequence + 1;
      const cancel = (): void => {
        if (submitted) pool.cancel(task);
        else task.settle(unmeasured(cancelledFault()));
      };
      const task: RunTask = {
        sequence,
        authority,
        module: permit.module,
        input,
        stdin,
        depth,
        account: queue.enter(principal, stdin.length),
        entry: input.entry === undefined ? -1 : ENTRY_POINTS.indexOf(input.entry),
        principal,
        prepared: undefined,
        settled: false,
        gone: false,
        ended: undefined,
        context: undefined,
        chargedUs: 0,
        short: false,
        settle(outcome) {
          if (task.settled) return;
          task.settled = true;
          signal?.removeEventListener("abort", cancel);
          parent?.signal.removeEventListener("abort", cancel);
          queue.leave(task);
          runs++;
          resolve(outcome);
          task.ended?.abort();
        },
      };
      const submit = (prepared: PreparedModule | Fault): void => {
        if (task.settled) return;
        if ("code" in prepared) {
          task.settle(unmeasured(prepared));
          return;
        }
        task.prepared = prepared;
        submitted = true;
        pool.submit(task);
      };
      signal?.addEventListener("abort", cancel);
      parent?.signal.addEventListener("abort", cancel);
      if (ready instanceof Promise) ready.then(submit);
      else submit(ready);
    });
  }

  return {
    load: (bytes, expected) => modules.load(bytes, expected),
    loadLater: (module, read) => modules.loadLater(module, read),
    unload: (module) => modules.unload(module),
    async warm(module, authority) {
      const known = authorities.know(authority);
      if ("code" in known) return known;
      const ready = await modules.get(module, known);
      return "code" in ready ? ready : undefined;
    },
    run,
    async inspect(bytes) {
      return (await pool.prepare((id) => ({ kind: "inspect", id, bytes, bounds, features, registered }))) as
        | ModuleReport
        | Fault;
    },
    stats: () => ({
      workers: pool.workers,
      busy: pool.busy,
      queued: pool.queued,
      running: pool.running,
      replaced: pool.replaced,
      runs,
      modules: modules.size,
    }),
    close: () => (closing ??= pool.close()),
  };
}

function poolSize({ workers, hostCallThreads = WAITING_THREADS }: StoreOptions): PoolSize {
  const beside = Math.max(1, Math.min(4, availableParallelism() - 1));
  const size = Math.max(1, Math.min(MOST_WORKERS, workers ?? Math.max(2, beside)));
  const waiting = Math.max(1, Math.min(MOST_WAITING, hostCallThreads));
  return { workers: size, sharing: workers === undefined ? beside : size, waiting };
}

function warn(name: string, error: unknown): void {
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`the handler of the host call ${name} failed: ${why}`, "TollgateWarning");
}

function refuse(reason: Fault): Promise<Outcome> {
  return Promise.resolve(unmeasured(reason));
}
