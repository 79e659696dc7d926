import type { Ledger } from "./ledger.ts";

/**
 * What jumps give back of accounts that paid ahead. How much it is is known only at the end of the construct that the
 * jump stands in: by how much the accounts' totals grew since. An account that is part of one is pinned.
 */
export class Refunds {
  readonly #ledger: Ledger;
  /** `[refund, account, its total at the jump]` for each part, by the depth of the construct at whose end it is known. */
  readonly #owed: number[][] = [];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The construct at this depth owes its first refund. A body that was refused may have left something there. */
  begin(depth: number): void {
    const owed = this.#owed[depth];
    if (owed === undefined) this.#owed[depth] = [];
    else owed.length = 0;
  }

  /** Adds a refund to the ledger, of nothing as yet. */
  add(): number {
    return this.#ledger.refunds.push(0) - 1;
  }

  /** What an account pays from here to the end of the construct at this depth is part of the refund. */
  owe(depth: number, refund: number, account: number): void {
    const { pinned, totals } = this.#ledger;
    pinned[account] = 1;
    this.#owed[depth]!.push(refund, account, totals[account]!);
  }

  /** The construct at this depth, which owes refunds, ends. */
  settle(depth: number): void {
    const owed = this.#owed[depth]!;
    const { totals, refunds } = this.#ledger;
    for (let i = 0; i < owed.length; i += 3) refunds[owed[i]!]! += totals[owed[i + 1]!]! - owed[i + 2]!;
    owed.length = 0;
  }
}
