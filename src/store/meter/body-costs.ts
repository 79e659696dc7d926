import type { ModuleLayout } from "./layout.ts";
import { CALL_SIZE, type Ledger, TRAIT } from "./ledger.ts";

/** The most that a caller pays in a leaf's stead: small, so that what runs between two checks stays bounded. */
const LEAF_COST = 64;
/** Calls are followed so deep; what costs the same each time and calls deeper costs over {@link LEAF_COST} anyway. */
const DEPTH = 64;

const UNKNOWN = 0;
const VISITING = -1;
const NOT_CONSTANT = -2;

/**
 * What functions cost as a whole. A function that is only called by its index and costs the same small amount in every
 * run that completes is paid for by its callers, in the account that the call stands in, and is written as it was.
 */
export class BodyCosts {
  readonly #layout: ModuleLayout;
  readonly #ledger: Ledger;
  /** By defined function: its cost where callers pay it, or one of the marks above. */
  readonly #constant: Int8Array;

  constructor(layout: ModuleLayout, ledger: Ledger) {
    this.#layout = layout;
    this.#ledger = ledger;
    this.#constant = new Int8Array(layout.functionTypes.length);
  }

  /** Whether any function asked after so far is paid for by its callers. */
  anyPaidByCaller = false;

  /** What the caller of a function pays for it, or 0 where it pays for itself. */
  paidByCaller(callee: number): number {
    const i = callee - this.#layout.importedFunctions.length;
    const known = this.#constant[i];
    // An imported function, or one that is not there.
    if (known === undefined) return 0;
    return Math.max(0, known === UNKNOWN ? this.#constantCost(i, 0) : known);
  }

  /** Whether a function runs so short that the checks of its callers do. */
  short(i: number): boolean {
    const { traits, totals, firstAccount } = this.#ledger;
    if ((traits[i]! & (TRAIT.variable | TRAIT.calls)) !== 0) return false;
    let sum = 0;
    for (let account = firstAccount[i]!; account < firstAccount[i + 1]!; account++) sum += totals[account]!;
    return sum <= LEAF_COST;
  }

  /**
   * Adds to each account of a function what it pays for its callees. Every function was asked after before: what one costs
   * can be reckoned only while nothing is added.
   */
  payForCallees(i: number): void {
    const { calls, firstCall, totals, traits } = this.#ledger;
    if ((traits[i]! & TRAIT.calls) === 0 || !this.anyPaidByCaller) return;
    for (let at = firstCall[i]!; at < firstCall[i + 1]!; at += CALL_SIZE) {
      const account = calls[at + 1]!;
      if (account >= 0) totals[account]! += this.paidByCaller(calls[at]!);
    }
  }

  #constantCost(i: number, depth: number): number {
    const known = this.#constant[i]!;
    if (known !== UNKNOWN) return known;
    if (depth > DEPTH) return NOT_CONSTANT;
    this.#constant[i] = VISITING;
    const cost = this.#reckon(i, depth);
    this.#constant[i] = cost;
    if (cost > 0) this.anyPaidByCaller = true;
    return cost;
  }

  #reckon(i: number, depth: number): number {
    const { traits, totals, firstAccount, firstCall, calls } = this.#ledger;
    if ((traits[i]! & TRAIT.variable) !== 0) return NOT_CONSTANT;
    const { importedFunctions, referenced } = this.#layout;
    if (referenced[i + importedFunctions.length] === 1) return NOT_CONSTANT;
    const first = firstAccount[i]!;
    for (let account = first + 1; account < firstAccount[i + 1]!; account++)
      if (totals[account]! > 0) return NOT_CONSTANT;
    let cost = totals[first]!;
    if (cost > LEAF_COST) return NOT_CONSTANT;
    if ((traits[i]! & TRAIT.calls) === 0) return cost;
    for (let at = firstCall[i]!; at < firstCall[i + 1]!; at += CALL_SIZE) {
      const account = calls[at + 1]!;
      // A call in an arm runs in some runs only, and one that nothing reaches has to have the right types all the same.
      if (account !== first) return NOT_CONSTANT;
      const callee = calls[at]! - importedFunctions.length;
      if (callee < 0) return NOT_CONSTANT;
      const more = this.#constantCost(callee, depth + 1);
      if (more < 0) return NOT_CONSTANT;
      cost += more;
      if (cost > LEAF_COST) return NOT_CONSTANT;
    }
    return cost;
  }
}
