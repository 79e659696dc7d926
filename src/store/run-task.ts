import type { Fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Authority } from "../contract/permit.ts";
import type { ModuleShape } from "./messages.ts";

/** A compiled module as the main thread holds it; workers are given the same native module. */
export interface PreparedModule {
  readonly id: number;
  readonly module: WebAssembly.Module;
  readonly shape: ModuleShape;
  /** Size of the metered module in bytes. */
  readonly size: number;
  /** What a run is expected to take in a worker, in microseconds; learnt from past runs. */
  expectedUs: number;
}

/** An authority as workers know it: sent once, then named by its number. */
export interface KnownAuthority {
  readonly id: number;
  readonly authority: Authority;
  /** Whole pages of memory that it grants. */
  readonly memoryPages: number;
  /** The host calls that it grants, sorted. */
  readonly hostCalls: readonly string[];
  /** What modules compiled for it differ by. */
  readonly moduleKey: string;
}

/** One run from its permit to its outcome. */
export interface RunTask {
  /** Unique while the run is under way; never 0. */
  readonly sequence: number;
  readonly authority: KnownAuthority;
  readonly stdin: Uint8Array;
  /** Index of the entry asked for, or −1. */
  readonly entry: number;
  readonly principal: string;
  /** Called once. */
  readonly settle: (outcome: Outcome) => void;
  prepared: PreparedModule | undefined;
  /** Set when the run was cancelled or ended before it was handed to a worker. */
  gone: boolean;
  /** What was added to the load of the worker that holds it. */
  chargedUs: number;
}

const NOTHING = new Uint8Array(0);

/** The outcome of a run that no worker could measure: its figures are zero but for the time. */
export function unmeasured(reason: Fault, durationMs = 0): Outcome {
  return { kind: "fault", fault: reason, stderr: NOTHING, usage: { fuelConsumed: 0, memoryPeak: 0, durationMs } };
}
