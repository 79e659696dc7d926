import { WASM_PAGE } from "../../contract/units.ts";
import type { LimitsSpan } from "./layout.ts";
import { Refusal } from "./refusal.ts";

/** The most pages that a memory with 32-bit addresses can have, and that V8 lets one with 64-bit addresses have. */
const NARROW_PAGES = 65_536;
const WIDE_PAGES = 262_144;

/**
 * Maxima in pages, one a memory, whose sum is at most `cap`: however the memories grow, together they stay within it.
 * Each gets its minimum; what is left goes to the first until its own maximum, then to the next. Throws a
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
  let spare = cap - minima;
  return memories.map(({ min, max, wide }) => {
    const wanted = Math.min(max < 0 ? cap : max, wide ? WIDE_PAGES : NARROW_PAGES);
    const more = Math.max(0, Math.min(wanted - min, spare));
    spare -= more;
    return min + more;
  });
}
