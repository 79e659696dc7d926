import { WASM_PAGE } from "../../contract/units.ts";
import type { LimitsSpan } from "./layout.ts";
import { Refusal } from "./refusal.ts";

/** The most pages that a memory with 32-bit addresses can have, and that V8 lets one with 64-bit addresses have. */
const NARROW_PAGES = 65_536;
const WIDE_PAGES = 262_144;

/**
 * Maxima in pages, one a memory, whose sum is at most `cap`: however the memories grow, together they stay within it.
 * Each gets its minimum; what is left goes to those that declare a maximum, in the order of their indices, and what is
 * left then in equal parts to those that declare none. Throws a
 * `memory-limit-exceeded` refusal, with both figures in bytes, where the minima alone are more than the cap.
 */
export function memoryMaxima(memories: readonly LimitsSpan[], cap: number): number[] {
  const minima = memories.reduce((sum, { min }) => sum + min, 0);
  if (minima > cap) {
    throw new Refusal(
      "memory-limit-exceeded",
      `module needs ${minima * WASM_PAGE} bytes of memory to start, over the limit of ${cap * WASM_PAGE}: raise its memory limit`,
      { size: minima * WASM_PAGE, limit: cap * WASM_PAGE },
    );
  }
  const maxima = memories.map(({ min }) => min);
  let spare = cap - minima;
  const give = (i: number, pages: number): void => {
    const { min, wide } = memories[i]!;
    const more = Math.max(0, Math.min(pages, spare, (wide ? WIDE_PAGES : NARROW_PAGES) - min));
    maxima[i]! += more;
    spare -= more;
  };
  memories.forEach(({ min, max }, i) => {
    if (max >= 0) give(i, max - min);
  });
  const open = memories.flatMap(({ max }, i) => (max < 0 ? [i] : []));
  open.forEach((i, place) => {
    give(i, Math.ceil(spare / (open.length - place)));
  });
  return maxima;
}
