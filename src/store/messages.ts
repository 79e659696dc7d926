import type { Fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Authority } from "../contract/permit.ts";
import type { HostCallRequest, HostCallSetup } from "./host-call-client.ts";
import type { Note } from "./host-calls.ts";
import type { ModuleBounds } from "./meter/bounds.ts";
import type { FeatureSet } from "./meter/features.ts";
import type { ModuleReport } from "./module-report.ts";
import type { ProtectedPath } from "./wasi/protection.ts";

/** What the store has to know of a module to run it. */
export interface ModuleShape {
  readonly functions: readonly string[];
  readonly memoryExport: string | undefined;
  /** The memory that an instance is to be given, in pages; undefined where the module has none. */
  readonly memory: MemorySize | undefined;
  /** Under which names it exports the memories that it makes itself; the first is memory 0 where it is given none. */
  readonly ownMemories: readonly string[];
  readonly startFunction: boolean;
}

/** Size of a memory at the start, and how far it may grow, in pages of 64 KiB. */
export interface MemorySize {
  readonly minPages: number;
  readonly maxPages: number;
}

/** What a worker is started with. */
export interface WorkerSetup {
  readonly mailbox: SharedArrayBuffer;
  readonly port: import("node:worker_threads").MessagePort;
  readonly protectedPaths: readonly ProtectedPath[];
  readonly protectedNames: readonly string[];
  readonly hostCalls: HostCallSetup;
}

/** Messages to a worker; runs themselves travel in the mailbox. */
export type ToWorker =
  | { readonly kind: "wake" }
  | { readonly kind: "module"; readonly id: number; readonly module: WebAssembly.Module; readonly shape: ModuleShape }
  | { readonly kind: "authority"; readonly id: number; readonly authority: Authority }
  | { readonly kind: "forget"; readonly modules: readonly number[]; readonly authorities: boolean }
  | { readonly kind: "input"; readonly slot: number; readonly bytes: Uint8Array }
  | {
      readonly kind: "prepare";
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly memoryPages: number;
      readonly bounds: ModuleBounds;
      readonly features?: FeatureSet;
      readonly hostCalls: readonly string[];
      /** Names of the host calls that the store's user registered. */
      readonly registered: readonly string[];
    }
  | {
      readonly kind: "inspect";
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly bounds: ModuleBounds;
      readonly features?: FeatureSet;
      readonly registered: readonly string[];
    };

export interface Prepared {
  readonly module: WebAssembly.Module;
  readonly shape: ModuleShape;
  /** Size of the metered module in bytes. */
  readonly size: number;
}

/** Messages from a worker. A bare `0` says that the mailbox holds something. */
export type FromWorker =
  | 0
  | { readonly kind: "outcome"; readonly slot: number; readonly outcome: Outcome }
  | HostCallRequest
  | { readonly kind: "note"; readonly sequence: number; readonly note: Note }
  | { readonly kind: "prepared"; readonly id: number; readonly result: Prepared | Fault }
  | { readonly kind: "inspected"; readonly id: number; readonly result: ModuleReport | Fault };
