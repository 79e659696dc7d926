import type { Fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Authority } from "../contract/permit.ts";
import type { ModuleBounds } from "./meter/bounds.ts";
import type { ProtectedPath } from "./wasi/host.ts";

/** Names that a module may be entered by, in the order in which they are looked for. */
export const ENTRY_POINTS = ["_start", "run", "execute"] as const;
export type EntryPoint = (typeof ENTRY_POINTS)[number];

/** What the store has to know of a module to run it. */
export interface ModuleShape {
  readonly functions: readonly string[];
  readonly memoryExport: string | undefined;
  /** The memory that an instance is to be given, in pages; undefined where the module has none. */
  readonly memory: MemorySize | undefined;
  readonly startFunction: boolean;
}

/** Size of a memory at the start, and how far it may grow, in pages of 64 KiB. */
export interface MemorySize {
  readonly minPages: number;
  readonly maxPages: number;
}

/** What a module imports, exports and needs, found without running it. */
export interface ModuleReport {
  readonly imports: readonly { readonly module: string; readonly name: string; readonly kind: string }[];
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  readonly memory:
    | { readonly minPages: number; readonly maxPages: number; readonly exported: string | undefined }
    | undefined;
  readonly startFunction: boolean;
  /** Sentences on what will keep the module from running, or from running well. */
  readonly warnings: readonly string[];
}

/** What a worker is started with. */
export interface WorkerSetup {
  readonly mailbox: SharedArrayBuffer;
  readonly port: import("node:worker_threads").MessagePort;
  readonly protectedPaths: readonly ProtectedPath[];
  readonly protectedNames: readonly string[];
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
      readonly hostCalls: readonly string[];
    }
  | { readonly kind: "inspect"; readonly id: number; readonly bytes: Uint8Array; readonly bounds: ModuleBounds };

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
  | { readonly kind: "prepared"; readonly id: number; readonly result: Prepared | Fault }
  | { readonly kind: "inspected"; readonly id: number; readonly result: ModuleReport | Fault };
