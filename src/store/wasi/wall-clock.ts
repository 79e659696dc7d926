import { performance } from "node:perf_hooks";

/** What the steady clock has to be added to, in milliseconds since 1970. */
let origin = performance.timeOrigin;

/**
 * Nanoseconds since 1970 in steps of a microsecond. The system's clock is read to the millisecond, which is as fine as
 * Node tells it, and the steady clock gives the rest; so a clock that was set, or that ran on while the machine slept,
 * is followed at once.
 */
export function wallClock(): bigint {
  const before = Date.now();
  const steady = performance.now();
  const after = Date.now();
  let now = origin + steady;
  if (now < before || now >= after + 1) {
    now = now < before ? before : after + 0.999;
    origin = now - steady;
  }
  return BigInt(Math.floor(now * 1000)) * 1000n;
}
