import { MIB } from "./units.ts";

/**
 * What one call may use at most. All are positive safe integers.
 *
 * - `fuel`: WebAssembly operators by Wasmtime's cost rule, plus bytes moved by bulk operations and host calls
 * - `memoryBytes`: linear memory, a multiple of 65 536 after rounding down
 * - `deadlineMs`: wall clock from the start of the guest
 * - `outputBytes`: stdout; stderr has a fixed bound of 64 KiB and is cut, not refused
 * - `hostCallCount`: calls of functions that the guest imports, WASI's included; 10 000 000 where it is left out
 */
export interface Limits {
  readonly fuel: number;
  readonly memoryBytes: number;
  readonly deadlineMs: number;
  readonly outputBytes: number;
  readonly hostCallCount?: number;
}

/** The limits of a tool whose manifest asks for nothing else. */
export const DEFAULT_LIMITS: Limits = {
  fuel: 1_000_000,
  memoryBytes: 16 * MIB,
  deadlineMs: 30_000,
  outputBytes: 8 * MIB,
};

/** The most that a manifest may ask for unless the operator's configuration lowers it. */
export const LIMIT_CEILINGS: Limits = {
  fuel: 100_000_000_000,
  memoryBytes: 256 * MIB,
  deadlineMs: 300_000,
  outputBytes: 64 * MIB,
};

/** What no call of a host may exceed, where its configuration lowers the ceilings so. */
export const ceilingsOf = (lowered: Partial<Limits> | undefined): Limits =>
  lowerLimits(LIMIT_CEILINGS, { ...LIMIT_CEILINGS, ...lowered });

/** What an operator says of the limits of single tools, by dotted name. */
export type ToolLimits = Readonly<Record<string, Partial<Limits>>>;

/**
 * The limits of one tool: what its manifest asks for, with what the operator says of this tool in its place, within the
 * ceilings. So an operator may raise a limit of one tool as well as lower it, and nobody leaves the ceilings.
 */
export function limitsOfTool(
  { name, limits }: { readonly name: string; readonly limits: Limits },
  toolLimits: ToolLimits | undefined,
  ceilings: Limits,
): Limits {
  const said = toolLimits !== undefined && Object.hasOwn(toolLimits, name) ? toolLimits[name] : undefined;
  return lowerLimits({ ...limits, ...said }, ceilings);
}

/** The smaller of two sets of limits, field by field: a permit may only lower. */
export function lowerLimits(a: Limits, b: Limits): Limits {
  const hostCallCount = Math.min(a.hostCallCount ?? Infinity, b.hostCallCount ?? Infinity);
  return {
    ...(Number.isFinite(hostCallCount) && { hostCallCount }),
    fuel: Math.min(a.fuel, b.fuel),
    memoryBytes: Math.min(a.memoryBytes, b.memoryBytes),
    deadlineMs: Math.min(a.deadlineMs, b.deadlineMs),
    outputBytes: Math.min(a.outputBytes, b.outputBytes),
  };
}
