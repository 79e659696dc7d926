import { AT, DEAD, EXIT, FRAME, FRAME_SIZE, NO_LOOP } from "./frames.ts";
import type { Ledger } from "./ledger.ts";
import type { Refunds } from "./refunds.ts";

/** No refund: the jump is an ordinary one. */
export const NO_REFUND = -1;
/** A jump gives back parts of at most as many accounts, and looks through as many constructs for them. */
const REFUND_REACH = 32;

/**
 * Says which jumps give back what was paid ahead: those where it is worth it and exact. Such a jump leaves the innermost
 * loop, or is one of several conditional jumps in it to the same end, and no call since the account started saw a counter
 * that was too low.
 *
 * Where it leaves the loop, only what was paid inside of that is given back; for everything between the loop and the
 * target the jump is an escape. So nothing is paid ahead while an inner loop runs, which may call.
 */
export class EarlyJumps {
  readonly #ledger: Ledger;
  readonly #frames: Int32Array;
  readonly #refunds: Refunds;

  constructor(ledger: Ledger, frames: Int32Array, refunds: Refunds) {
    this.#ledger = ledger;
    this.#frames = frames;
    this.#refunds = refunds;
  }

  /**
   * Notes in the open constructs, of which there are `depth`, a jump or `return` to the label `label` constructs out
   * where it gives back; `current` is its account and `calls` how many calls the body had before. Answers the number of
   * the refund, or {@link NO_REFUND}.
   */
  payBack(depth: number, label: number, way: EXIT, current: number, calls: number): number {
    const frames = this.#frames;
    const target = depth - label;
    const loop = frames[depth * FRAME_SIZE + AT.loop]!;
    if (loop === NO_LOOP || target < 0) return NO_REFUND;
    const there = target * FRAME_SIZE;
    // A jump to the head of a loop further out goes on with that loop, whose head has to check.
    if (frames[there + AT.kind] === FRAME.loop) return NO_REFUND;
    const leaves = target < loop;
    // The first of the jumps to one end parts the accounts; it is not known to be one of several.
    if (!leaves && (way !== EXIT.brIf || frames[there + AT.jumps] === 0)) return NO_REFUND;
    const within = leaves ? loop : target;
    if (depth - within > REFUND_REACH) return NO_REFUND;
    if (way === EXIT.brIf && frames[there + AT.plain] === 0) return NO_REFUND;
    let first = current;
    for (let open = depth; open > within; open--) {
      const before = frames[open * FRAME_SIZE + AT.before]!;
      if (before !== DEAD) first = before;
    }
    if (this.#ledger.callsBefore[first]! !== calls) return NO_REFUND;
    const refund = this.#refunds.add();
    let owes = frames[within * FRAME_SIZE + AT.owes]!;
    let last = DEAD;
    for (let open = depth + 1; open > within; open--) {
      const account = open > depth ? current : frames[open * FRAME_SIZE + AT.before]!;
      if (account !== last) owes = this.#refunds.owe(owes, refund, account);
      last = account;
    }
    frames[within * FRAME_SIZE + AT.owes] = owes;
    if (leaves && target < frames[loop * FRAME_SIZE + AT.escape]!) frames[loop * FRAME_SIZE + AT.escape] = target;
    frames[there + AT.jumps] = 2;
    return refund;
  }
}
