import type { Fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Authority } from "../contract/permit.ts";
import type { Sha256 } from "../contract/units.ts";
import type { HostCallContext } from "./host-calls.ts";
import type { ModuleShape } from "./messages.ts";
import type { RunInput } from "./run-input.ts";

/** A compiled module as the main thread holds it; workers are given the same native module. */
export interface PreparedModule {
  readonly id: number;
  readonly module: WebAssembly.Module;
  readonly shape: ModuleShape;
  /** Size of the metered module in bytes. */
  readonly size: number;
  /** What a run is expected to take in a worker, in microseconds; learnt from past runs. */
  expectedUs: number;
  /** What about half of its runs take less than, in microseconds; a few slow ones do not move it. */
  typicalUs: number;
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

/** What one principal has under way. */
export interface PrincipalAccount {
  /** Runs and bytes of input that came to no outcome yet. */
  runs: number;
  bytes: number;
  /** Runs of these that are handed to workers. */
  handed: number;
}

/** One run from its permit to its outcome. */
export interface RunTask {
  /** Unique while the run is under way; never 0. */
  readonly sequence: number;
  readonly authority: KnownAuthority;
  readonly module: Sha256;
  readonly input: RunInput;
  readonly stdin: Uint8Array;
  /** How many runs it is nested in. */
  readonly depth: number;
  readonly account: PrincipalAccount;
  /** Index of the entry asked for, or −1. */
  readonly entry: number;
  readonly principal: string;
  /** Called once. */
  readonly settle: (outcome: Outcome) => void;
  prepared: PreparedModule | undefined;
  /** Set when it came to its outcome. */
  settled: boolean;
  /** Set when the run was cancelled or ended before it was handed to a worker. */
  gone: boolean;
  /** Aborted when the run ends; made when a host call first asks for it. */
  ended: AbortController | undefined;
  context: HostCallContext | undefined;
  /** What was added to the load of the worker that holds it. */
  chargedUs: number;
  /** Whether it was handed as one that takes as little as a hand-over. */
  short: boolean;
}

const NOTHING = new Uint8Array(0);

/** The outcome of a run that no worker could measure: its figures are zero but for the time. */
export function unmeasured(reason: Fault, durationMs = 0): Outcome {
  return { kind: "fault", fault: reason, stderr: NOTHING, usage: { fuelConsumed: 0, memoryPeak: 0, durationMs } };
}
