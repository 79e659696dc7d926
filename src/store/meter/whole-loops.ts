import { AT } from "./frames.ts";
import { EDIT, type Ledger } from "./ledger.ts";

/** The most that is paid for a loop as a whole: what runs between two checks stays short. */
const COUNTED_COST = 1 << 16;

/** Pays for loops whose number of turns stands in the code, and which nothing else leaves, as a whole before them. */
export class WholeLoops {
  readonly #ledger: Ledger;
  readonly #frames: Int32Array;

  constructor(ledger: Ledger, frames: Int32Array) {
    this.#ledger = ledger;
    this.#frames = frames;
  }

  /**
   * Notes how often the loop at `frame` turns, at a conditional jump to its head from the loop's own level. It counts only
   * where the jump stands in the account of the loop's turns, which `current` is then, and only if no other way back, no
   * way out and no call follow.
   */
  countTurns(frame: number, current: number, calls: number, turns: number): void {
    const frames = this.#frames;
    const account = frames[frame + AT.firstArm]!;
    const alone = current === account && frames[frame + AT.jumps] === 0;
    if (alone && this.#ledger.callsBefore[account] === calls) frames[frame + AT.turns] = turns;
  }

  /** Moves what a loop costs in all its turns into the account before it; then its head neither charges nor checks. */
  pay(frame: number, calls: number): void {
    const frames = this.#frames;
    const { totals, pinned, edits, callsBefore } = this.#ledger;
    const account = frames[frame + AT.firstArm]!;
    const cost = totals[account]! * frames[frame + AT.turns]!;
    if (frames[frame + AT.jumps] !== 1 || callsBefore[account] !== calls || pinned[account] === 1) return;
    if (cost > COUNTED_COST) return;
    totals[frames[frame + AT.before]!]! += cost;
    totals[account] = 0;
    // Nothing may be moved into it from now on.
    pinned[account] = 1;
    edits[frames[frame + AT.loopEdit]! + 1] = EDIT.charge;
  }
}
