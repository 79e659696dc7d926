import { type Fault, fault } from "../contract/fault.ts";
import type { Limits } from "../contract/limits.ts";
import { wasInterrupted } from "./deadline-interrupt.ts";
import { EntryRefused } from "./entry-point.ts";
import { METER_EXPORTS } from "./meter/meter.ts";
import type { RunBounds } from "./run-bounds.ts";
import {
  cancelledFault,
  deadlineFault,
  fuelFault,
  hostCallLimitFault,
  memoryFault,
  outputFault,
  stackFault,
  trapFault,
  uncaughtExceptionFault,
} from "./trap.ts";

/**
 * The exit code of a run, or the fault that it ended by; never throws. What the host stopped it for wins over what the
 * guest made of that. `left` is the fuel, below zero where it was used up; `thrown` is what came out of the guest, and
 * undefined says that it returned.
 */
export function verdictOf(limits: Limits, bounds: RunBounds, left: bigint, thrown: unknown): number | Fault {
  const stop = bounds.stopped;
  if (stop?.kind === "deadline" || wasInterrupted(thrown)) return deadlineFault(limits.deadlineMs);
  if (stop?.kind === "cancelled") return cancelledFault();
  if (left < 0n) return fuelFault(limits.fuel);
  if (stop?.kind === "exit") return stop.code;
  if (stop?.kind === "output-limit") return outputFault(stop.limit);
  if (stop?.kind === "host-call-limit") {
    return hostCallLimitFault(stop.name === "" ? "host calls" : `calls of ${stop.name}`, stop.limit);
  }
  if (stop?.kind === "refused") return fault("store", "host-call-refused", stop.message);
  return thrown === undefined ? 0 : thrownFault(limits, bounds.exports, thrown);
}

/** The fault of a run that the host did not stop, by what came out of it. `exports` once the instance had its fuel. */
function thrownFault(limits: Limits, exports: WebAssembly.Exports | undefined, thrown: unknown): Fault {
  if (thrown instanceof EntryRefused) return thrown.fault;
  if (thrown instanceof WebAssembly.RuntimeError) {
    const growFailed = exports?.[METER_EXPORTS.growFailed] as WebAssembly.Global<number> | undefined;
    return growFailed?.value === 1 ? memoryFault(limits.memoryBytes) : trapFault(thrown.message);
  }
  if (thrown instanceof RangeError && /call stack/.test(thrown.message)) return stackFault();
  if (thrown instanceof RangeError && /memory/i.test(thrown.message)) {
    return fault("store", "worker-lost", "the engine has no room for another memory: call again later");
  }
  if (thrown instanceof WebAssembly.LinkError) {
    return fault("store", "import-refused", `module cannot be linked: ${plainText(thrown)}`);
  }
  if (isGuestException(thrown)) return uncaughtExceptionFault();
  // from a guest that runs: the engine cannot make a value of what passes between it and the host
  if (thrown instanceof TypeError && exports !== undefined) {
    const why = `module refused: a value that it passed cannot be taken: ${plainText(thrown)}`;
    return fault("store", "module-refused", why);
  }
  return fault("store", "internal", `the store failed on this run: ${plainText(thrown)}`);
}

/** An exception of the guest's own making; Node 20 has the class, its types do not. */
function isGuestException(thrown: unknown): boolean {
  const { Exception } = WebAssembly as unknown as { Exception?: new () => unknown };
  return Exception !== undefined && thrown instanceof Exception;
}

/** What an error says, as at most 200 characters of printable ASCII: it may quote the guest. */
export function plainText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
}
