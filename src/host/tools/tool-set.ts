import type { Cancellation } from "../../contract/cancellation.ts";
import type { Fault } from "../../contract/fault.ts";
import type { Tool } from "../registry.ts";

/** What a deployed tool has beside what ships. */
export interface CallableTool extends Tool {
  /**
   * Reads, verifies and loads what a deployed tool is made of, the first time; what is verified is what is compiled. Answers
   * why it cannot be called. Absent for what ships and for what is loaded.
   */
  readonly prepare?: (() => Promise<Fault | undefined>) | undefined;
  /** Cancelled when the version is revoked or nobody who is trusted vouches for it any more: what runs of it ends. */
  readonly withdrawal?: Cancellation;
}

/** The tools of a host by dotted name, in the order of their names: those that ship, and the deployed ones that are active now. */
export interface ToolSet {
  /** A version that was revoked in any process on this state directory is not answered from then on. */
  get(name: string): CallableTool | undefined;
  /** Why a tool that is active on the state directory does not run here, by dotted name or as clients list it. */
  refusal?(name: string): Fault | undefined;
  has(name: string): boolean;
  values(): IterableIterator<CallableTool>;
}
