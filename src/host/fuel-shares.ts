import type { FuelShare } from "../contract/history.ts";

const MINUTE_MS = 60_000;
/** Fuel is forgotten by so many milliseconds at a time. */
const SPAN_MS = 5_000;

interface Span {
  readonly began: number;
  readonly used: Map<string, number>;
}

/** Who has used how much of this host's fuel over the last minute. */
export interface FuelShares {
  used(principal: string, fuel: number): void;
  shareOf(principal: string): FuelShare;
}

/**
 * Keeps the sums of a minute, give or take five seconds, for as long as the process lives: what a host used before it was
 * started keeps nobody waiting now. Each answer takes the same time, however many principals there are.
 */
export function createFuelShares(clock: () => number): FuelShares {
  const spans: Span[] = [];
  const sums = new Map<string, number>();
  let total = 0;

  function forgetOld(now: number): void {
    const newest = spans[spans.length - 1];
    // A clock that was set back tells nothing of the minute before.
    const setBack = newest !== undefined && newest.began > now;
    for (let oldest = spans[0]; oldest !== undefined; oldest = spans[0]) {
      if (!setBack && oldest.began > now - MINUTE_MS) return;
      spans.shift();
      for (const [principal, fuel] of oldest.used) {
        const left = (sums.get(principal) ?? 0) - fuel;
        if (left > 0) sums.set(principal, left);
        else sums.delete(principal);
        total -= fuel;
      }
    }
  }

  return {
    used(principal, fuel) {
      if (!(fuel > 0)) return;
      const now = clock();
      forgetOld(now);
      let span = spans[spans.length - 1];
      if (span === undefined || span.began <= now - SPAN_MS) {
        span = { began: now, used: new Map() };
        spans.push(span);
      }
      span.used.set(principal, (span.used.get(principal) ?? 0) + fuel);
      sums.set(principal, (sums.get(principal) ?? 0) + fuel);
      total += fuel;
    },
    shareOf(principal) {
      forgetOld(clock());
      return { own: sums.get(principal) ?? 0, total, principals: sums.size };
    },
  };
}
