import type { CancelSignal } from "../contract/cancellation.ts";
import type { LogLine, Progress } from "../contract/note.ts";
import type { HostCallContext } from "./host-calls.ts";
import type { EntryPoint } from "./module-report.ts";

/** What one run is given beside its permit. */
export interface RunInput {
  /** Not to be changed until the outcome is there. */
  readonly stdin: Uint8Array;
  /** An `AbortSignal`, for one. Aborting ends the run at once, as `cancelled`: no host call of it begins after that. */
  readonly signal?: CancelSignal;
  /** By default the first of `_start`, `run`, `execute` that the module exports. */
  readonly entry?: EntryPoint;
  /** Whose run it is: principals that wait are served in turn. By default the parent's, else nobody's in particular. */
  readonly principal?: string;
  /** Handed to the handlers of host calls as it is. */
  readonly context?: unknown;
  /**
   * The context of the host call whose handler starts this run: it ends with that run, and runs nest at most 8 deep, the
   * next is `overloaded`.
   */
  readonly parent?: HostCallContext;
  /**
   * Called with what the guest tells, in its order and before the outcome: progress at most every 20 ms, of what comes
   * between the last; at most 1000 lines and 256 KiB of log. The permit must grant the host calls `progress` and `log`.
   * What these throw is thrown in the event loop.
   */
  readonly onProgress?: (progress: Progress) => void;
  readonly onLog?: (line: LogLine) => void;
}
