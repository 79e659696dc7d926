import { performance } from "node:perf_hooks";

/** `performance.now()` starts at 0 in each thread; this much later than the system's monotonic clock. */
const ORIGIN = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds on a monotonic clock that is the same in every thread of this process. */
export function sharedNow(): number {
  return ORIGIN + performance.now();
}
