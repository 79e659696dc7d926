import { Script } from "node:vm";

/**
 * Milliseconds that a unit of fuel takes at most, by a wide margin (measured: 0.3 to 3 ns). Where the fuel is used up
 * before the deadline, the interrupt, 60 to 200 µs a run, is not set up. Growing a memory or a table by nothing takes
 * longer than that; such a run is ended by the main thread, which watches every deadline.
 */
const MS_PER_FUEL = 10e-6;

const ENTER = Symbol.for("tollgate.enter");
const enterScript = new Script("globalThis[Symbol.for('tollgate.enter')]()");

/** Whether so much fuel may last beyond the deadline, so that only an interrupt keeps it. */
export function mayOutlast(fuel: number, deadlineMs: number): boolean {
  return fuel * MS_PER_FUEL > deadlineMs;
}

/**
 * Does `work` in this thread and interrupts it after so many milliseconds, rounded up, at least 1: where the engine next
 * looks, at a loop head or a function's entry, so not within a bulk operation or a system call. No guest can catch that;
 * it throws what {@link wasInterrupted} tells. Source: Node, `vm`, `script.runInThisContext`, option `timeout`.
 */
export function interruptAfter<T>(milliseconds: number, work: () => T): T {
  let result: T | undefined;
  (globalThis as Record<symbol, unknown>)[ENTER] = () => {
    result = work();
  };
  enterScript.runInThisContext({ timeout: Math.max(1, Math.ceil(milliseconds)) });
  return result as T;
}

/** Whether what was thrown says that the thread was interrupted. */
export function wasInterrupted(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | undefined)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
