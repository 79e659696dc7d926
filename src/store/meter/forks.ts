import { type Ledger, withTwiceTheRoom } from "./ledger.ts";

/**
 * Places where one account forks into exactly two ways. What both cost at least is moved up into it once every account of
 * the body has its total: every way pays the same, at fewer places.
 */
export class Forks {
  /** `[account, one way, the other way]` for each, inner ones first. */
  #forks = new Int32Array(3 * 256);
  #end = 0;

  beginFunction(): void {
    this.#end = 0;
  }

  add(from: number, one: number, other: number): void {
    if (this.#end === this.#forks.length) this.#forks = withTwiceTheRoom(this.#forks);
    const forks = this.#forks;
    forks[this.#end++] = from;
    forks[this.#end++] = one;
    forks[this.#end++] = other;
  }

  /** Moves up what can be: not where a refund was reckoned with the totals as they are. */
  settle({ totals, pinned }: Ledger): void {
    const forks = this.#forks;
    for (let i = 0; i < this.#end; i += 3) {
      const from = forks[i]!;
      const one = forks[i + 1]!;
      const other = forks[i + 2]!;
      if ((pinned[from]! | pinned[one]! | pinned[other]!) !== 0) continue;
      const common = Math.min(totals[one]!, totals[other]!);
      totals[from]! += common;
      totals[one]! -= common;
      totals[other]! -= common;
    }
  }
}
