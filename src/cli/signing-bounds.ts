import { LARGEST_SCORE } from "../contract/effect.ts";

const DAY_MS = 86_400_000;

/** An effect as it is typed: undefined where none is, null for what is no score. */
export function readEffect(text: string | undefined): number | undefined | null {
  if (text === undefined) return undefined;
  const value = /^\d(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  return value >= 0 && value <= LARGEST_SCORE ? value : null;
}

/** So many days from now, to the whole second. */
export const daysFromNow = (days: number, now: number): number => Math.floor((now + days * DAY_MS) / 1000) * 1000;
