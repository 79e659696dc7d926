import { type Ledger, TRAIT, withTwiceTheRoom } from "./ledger.ts";

/** The end of every list of parts. */
export const NO_PART = -1;

/**
 * What jumps give back of accounts that paid ahead. How much it is is known only at the end of the construct that the
 * jump stands in: by how much the accounts' totals grew since. An account that is part of one is pinned.
 */
export class Refunds {
  readonly #ledger: Ledger;
  /** `[refund, account, next part of the same construct]` for each part. */
  #parts = new Int32Array(3 * 256);
  #end = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  beginFunction(): void {
    this.#end = 0;
  }

  /** Adds a refund to the ledger, of nothing as yet. */
  add(): number {
    return this.#ledger.refunds.push(0) - 1;
  }

  /**
   * What an account pays from here to the end of a construct is part of the refund. `parts` are those of the construct so
   * far; answers them with this one.
   */
  owe(parts: number, refund: number, account: number): number {
    const { pinned, totals, refunds } = this.#ledger;
    pinned[account] = 1;
    refunds[refund]! -= totals[account]!;
    if (this.#end === this.#parts.length) this.#parts = withTwiceTheRoom(this.#parts);
    const at = this.#end;
    this.#parts[at] = refund;
    this.#parts[at + 1] = account;
    this.#parts[at + 2] = parts;
    this.#end = at + 3;
    return at;
  }

  /** The construct with these parts ends. */
  settle(parts: number): void {
    const { totals, refunds } = this.#ledger;
    for (let at = parts; at !== NO_PART; at = this.#parts[at + 2]!)
      refunds[this.#parts[at]!]! += totals[this.#parts[at + 1]!]!;
  }
}

/** The most that may have been paid ahead at a check of a function, and be given back later. */
export function mostPaidAhead(ledger: Ledger, i: number): number {
  const { firstAccount, pinned, totals, traits } = ledger;
  if ((traits[i]! & TRAIT.givesBack) === 0) return 0;
  let slack = 0;
  for (let account = firstAccount[i]!; account < firstAccount[i + 1]!; account++)
    if (pinned[account] === 1) slack += totals[account]!;
  return slack;
}
