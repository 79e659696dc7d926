import type { Fault } from "../contract/fault.ts";
import type { JsonObject } from "../contract/json.ts";
import type { Caller } from "./caller.ts";

/**
 * Carries out one call of a tool that acts on the kernel, after the gate permitted it. The arguments met the tool's schema.
 * The signal is aborted when the caller is gone; what is committed by then stays.
 */
export type KernelTool = (
  caller: Caller,
  args: JsonObject,
  signal: AbortSignal,
) => Promise<JsonObject | Fault> | JsonObject | Fault;

/** Tools by their dotted names. */
export type KernelTools = Readonly<Record<string, KernelTool>>;
