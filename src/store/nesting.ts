import { type Fault, fault } from "../contract/fault.ts";
import type { WorkerSlot } from "./worker-slot.ts";

/** How deep runs may nest: a host call's handler that runs a module, whose host call runs another, and so on. */
export const NESTING_LIMIT = 8;

/**
 * Whether one more worker may wait for a host call; the fault where it may not. One thread is always left to work, so
 * that what a handler runs in the same store comes to its end; and half of them to other principals.
 */
export function blockRefused(slots: readonly WorkerSlot[], principal: string, mostThreads: number): Fault | undefined {
  let blocked = 0;
  let own = 0;
  for (const slot of slots) {
    const { caller } = slot.hostCall;
    if (caller === undefined) continue;
    blocked++;
    if (caller.principal === principal) own++;
  }
  const most = mostThreads - 1;
  const share = Math.max(1, Math.ceil(most / 2));
  if (blocked < most && own < share) return undefined;
  const limit = blocked < most ? share : most;
  return fault("request", "overloaded", "too many runs wait for host calls: call again when others have ended", {
    limit,
  });
}

export function nestedTooDeep(depth: number): Fault | undefined {
  if (depth <= NESTING_LIMIT) return undefined;
  const message = `the run is nested ${depth} deep, over the limit of ${NESTING_LIMIT}: let tools call fewer tools`;
  return fault("request", "overloaded", message, { depth, limit: NESTING_LIMIT });
}
