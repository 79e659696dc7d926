import type { Authority } from "../../contract/permit.ts";
import type { Containment } from "./containment.ts";
import type { Descriptor, DescriptorTable } from "./descriptor-table.ts";
import { ERRNO } from "./errno.ts";
import { ExactTimes } from "./exact-times.ts";
import { GuestMemory } from "./guest-memory.ts";
import type { LeafGuard } from "./leaf-guard.ts";
import { OutputBuffer } from "./output.ts";
import type { Walk } from "./walk.ts";

/** Why a run must end from within a host call. */
export type StopReason =
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "output-limit"; readonly limit: number }
  | { readonly kind: "refused"; readonly message: string };

/** What is needed of a `WebAssembly.Memory` (core spec 2.3.11, JS API 5.3). */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
}

/** What the store gives the host for one run. */
export interface RunHooks {
  /** The memory of the instance; undefined until it is instantiated, or when it has none. */
  memory(): LinearMemory | undefined;
  /** Takes fuel for bytes that a host call moves; may throw to end the run. */
  charge(bytes: number): void;
  /** Ends the run: empties the tank, then throws. */
  stop(reason: StopReason): never;
}

/** One run's authority, input and bounds. */
export interface WasiRun {
  readonly authority: Authority;
  readonly stdin: Uint8Array;
  readonly hooks: RunHooks;
  /** When the run must be over, on the clock of `performance.now()`. */
  readonly deadline: number;
}

/** A function that a guest imports. Numbers arrive as i32, that is signed; 64-bit values as BigInt. */
// biome-ignore lint/suspicious/noExplicitAny: the engine calls these with what the import type says
export type HostFunction = (...args: any[]) => unknown;

/** What every host function works on: the run in hand and the parts that outlive it. */
export class RunState {
  readonly memory = new GuestMemory();
  readonly table: DescriptorTable;
  readonly containment: Containment;
  readonly guard: LeafGuard;
  /** Two, because a rename or a link has two places. */
  readonly walk: Walk;
  readonly otherWalk: Walk;
  readonly stdout = new OutputBuffer();
  readonly stderr = new OutputBuffer();
  /** Times of files that the guest set. */
  readonly times = new ExactTimes();
  /** Sleeps at most so many milliseconds. */
  readonly sleep: (milliseconds: number) => void;
  stdinPosition = 0;
  #run: WasiRun | undefined;

  constructor(
    table: DescriptorTable,
    containment: Containment,
    guard: LeafGuard,
    walk: Walk,
    otherWalk: Walk,
    sleep: (milliseconds: number) => void,
  ) {
    this.table = table;
    this.containment = containment;
    this.guard = guard;
    this.walk = walk;
    this.otherWalk = otherWalk;
    this.sleep = sleep;
  }

  /** The run in hand. A host function called outside of one is a bug of the store. */
  get run(): WasiRun {
    if (this.#run === undefined) throw new Error("a host function was called while no run was in hand");
    return this.#run;
  }

  get running(): boolean {
    return this.#run !== undefined;
  }

  take(run: WasiRun): void {
    this.#run = run;
    this.stdinPosition = 0;
    this.memory.attach(run.hooks.memory);
  }

  drop(): void {
    this.#run = undefined;
    this.memory.detach();
    this.times.clear();
    this.walk.release();
    this.otherWalk.release();
  }

  charge(bytes: number): void {
    this.run.hooks.charge(bytes);
  }

  /** Reads a path argument into `memory.path` and charges for it. */
  path(address: number, length: number): number {
    const errno = this.memory.readPath(address >>> 0, length >>> 0);
    if (errno === ERRNO.success) this.charge(length >>> 0);
    return errno;
  }

  /**
   * Why a descriptor may not be used for this; success when it may. A read-only scope is EROFS, a missing right
   * ENOTCAPABLE.
   */
  refuses(descriptor: Descriptor, right: number, change: boolean): number {
    if (change && descriptor.readOnly) return ERRNO.rofs;
    return (descriptor.rightsBase & right) === right ? ERRNO.success : ERRNO.notcapable;
  }
}
