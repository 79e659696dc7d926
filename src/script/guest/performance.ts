import { monotonicNow } from "./clock.ts";

/** Milliseconds that only go forward; 0 where the script was not given a clock. */
export const performance = { now: monotonicNow, timeOrigin: 0 };
