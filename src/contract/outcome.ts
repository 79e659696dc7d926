import type { Fault } from "./fault.ts";

/** What a run used. `durationMs` is measured in the worker, around the guest only. */
export interface Usage {
  readonly fuelConsumed: number;
  /** Bytes of linear memory at the end of the run (it never shrinks: core spec 4.4.7). */
  readonly memoryPeak: number;
  readonly durationMs: number;
}

/** What the store answers. `exited` says nothing about success: the exit code does. */
export type Outcome =
  | {
      readonly kind: "exited";
      readonly exitCode: number;
      readonly stdout: Uint8Array;
      /** At most 64 KiB; what is beyond is cut. */
      readonly stderr: Uint8Array;
      readonly usage: Usage;
    }
  | { readonly kind: "fault"; readonly fault: Fault; readonly stderr: Uint8Array; readonly usage: Usage };
