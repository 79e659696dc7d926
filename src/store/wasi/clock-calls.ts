import { randomFillSync } from "node:crypto";
import { ERRNO } from "./errno.ts";
import { CLOCK } from "./layout.ts";
import type { HostFunction, RunState } from "./run-state.ts";
import { wallClock } from "./wall-clock.ts";

/** Bytes of randomness made at a time: between two, the run's deadline and its cancellation are seen. */
const RANDOM_STEP = 1 << 20;

/**
 * Time and randomness (witx: clock_*, random_get). Without the grant a clock is ENOTCAPABLE, and so is randomness. With
 * it there are the wall clock, in microseconds, and the monotonic clock; CPU clocks are ENOTSUP.
 */
export function createClockCalls(state: RunState): Record<string, HostFunction> {
  const { memory } = state;

  return {
    clock_res_get(clock: number, result: number): number {
      const errno = refusesClock(state, clock >>> 0);
      if (errno !== ERRNO.success) return errno;
      if (!memory.has(result >>> 0, 8)) return ERRNO.fault;
      memory.view.setBigUint64(result >>> 0, clock === CLOCK.realtime ? 1000n : 1n, true);
      return ERRNO.success;
    },

    clock_time_get(clock: number, _precision: bigint, result: number): number {
      const errno = refusesClock(state, clock >>> 0);
      if (errno !== ERRNO.success) return errno;
      if (!memory.has(result >>> 0, 8)) return ERRNO.fault;
      memory.view.setBigUint64(result >>> 0, clockNow(clock), true);
      return ERRNO.success;
    },

    random_get(address: number, length: number): number {
      if (!state.run.authority.random) return ERRNO.notcapable;
      const start = address >>> 0;
      const end = start + (length >>> 0);
      if (!memory.has(start, length >>> 0)) return ERRNO.fault;
      state.charge(length >>> 0);
      for (let at = start; at < end; at += RANDOM_STEP) {
        if (at > start) state.charge(0);
        randomFillSync(memory.bytes, at, Math.min(RANDOM_STEP, end - at));
      }
      return ERRNO.success;
    },
  };
}

/** Why a run may not use a clock; success when it may. */
export function refusesClock(state: RunState, clock: number): number {
  if (!state.run.authority.clock) return ERRNO.notcapable;
  if (clock === CLOCK.realtime || clock === CLOCK.monotonic) return ERRNO.success;
  return clock === CLOCK.processCpu || clock === CLOCK.threadCpu ? ERRNO.notsup : ERRNO.inval;
}

/** Nanoseconds on a clock that may be used. */
export function clockNow(clock: number): bigint {
  return clock === CLOCK.realtime ? wallClock() : process.hrtime.bigint();
}
