import { hostFunction, isGiven, native, SCRATCH, scratchView } from "./native.ts";

const clockTimeGet = hostFunction("clock_time_get");
const pollOneoff = hostFunction("poll_oneoff");
const MONOTONIC = 1;
const NANOSECONDS = 1e6;
const SUBSCRIPTION = 0;
const SUBSCRIPTION_BYTES = 48;
const EVENT = 64;
const EVENT_COUNT = 128;

/** Whether time passes for this script; else it stands still, and waiting is only counted. */
export const hasClock = isGiven("clock_time_get");

let waited = 0;
/** Nothing waits for longer than until then. */
let end = Number.POSITIVE_INFINITY;

/** Milliseconds on a clock that only goes forward. */
export function monotonicNow(): number {
  if (!hasClock || clockTimeGet(MONOTONIC, 1000, SCRATCH) !== 0) return waited;
  return Number(scratchView.getBigUint64(0, true)) / NANOSECONDS;
}

/** Waits until `due` on that clock, or until the script is to be interrupted. */
export function waitUntil(due: number): void {
  if (!hasClock) {
    waited = Math.max(waited, due);
    return;
  }
  const left = Math.max(0, Math.min(due, end) - monotonicNow());
  for (let i = 0; i < SUBSCRIPTION_BYTES; i++) scratchView.setUint8(SUBSCRIPTION + i, 0);
  // subscription: user data @0, tag @8 (0 is a clock), clock @16, timeout @24, precision @32, flags @40
  scratchView.setUint32(SUBSCRIPTION + 16, MONOTONIC, true);
  scratchView.setBigUint64(SUBSCRIPTION + 24, BigInt(Math.ceil(left * NANOSECONDS)), true);
  pollOneoff(SCRATCH + SUBSCRIPTION, SCRATCH + EVENT, 1, SCRATCH + EVENT_COUNT);
}

/**
 * From `due` on, whatever the script does or waits for ends, and nothing in it can catch that; without a clock it never
 * does. Infinity takes that back.
 */
export function interruptAt(due: number): void {
  end = due;
  native.interruptAt(hasClock && Number.isFinite(due) ? Math.round(due * NANOSECONDS) : 0);
}
