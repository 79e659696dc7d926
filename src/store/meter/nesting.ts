import type { ModuleBounds } from "./bounds.ts";
import { EarlyJumps, NO_REFUND } from "./early-jumps.ts";
import { Forks } from "./forks.ts";
import { AT, DEAD, EXIT, FRAME, FRAME_SIZE, NO_LOOP } from "./frames.ts";
import { EDIT, type Ledger, TRAIT } from "./ledger.ts";
import { NO_PART, Refunds } from "./refunds.ts";
import { malformed, overBound } from "./refusal.ts";
import { WholeLoops } from "./whole-loops.ts";

/** An escape that leaves every construct and the function: by an exception. */
const THROWN = -1;

/**
 * The open constructs of one body and the account that is current. An account holds operators that run equally
 * often in every run that completes, so that one charge where it starts pays for all of them:
 *
 * - a conditional jump, an arm of an `if`, a loop's head and a handler start a new account;
 * - the end of a construct that no jump leaves *past* its end takes up the account from before the construct;
 * - a jump out of a loop, which is rare beside the loop's turns, starts no account: the loop pays as if it were not
 *   taken, and where it is taken it gives back what was paid ahead ({@link EarlyJumps}), but not across a call;
 * - a loop whose number of turns stands in the code, and which nothing else leaves, is paid for as a whole before it
 *   ({@link WholeLoops});
 * - the end of one that some jump leaves, but no jump targets, goes on with the account inside;
 * - an end that is reached only by one jump goes on with the account of that jump;
 * - otherwise the end starts a new account.
 *
 * {@link Forks} and {@link Refunds} say what becomes of accounts besides.
 */
export class Nesting {
  depth = 0;
  /** The current account, or {@link DEAD}. */
  current: number = DEAD;
  traits = 0;
  readonly #ledger: Ledger;
  readonly #bounds: ModuleBounds;
  /** The open constructs, {@link FRAME_SIZE} numbers each. */
  readonly #frames: Int32Array;
  /** Calls met so far in the body. */
  #calls = 0;
  readonly #forks = new Forks();
  readonly #refunds: Refunds;
  readonly #earlyJumps: EarlyJumps;
  readonly #wholeLoops: WholeLoops;

  constructor(ledger: Ledger, bounds: ModuleBounds) {
    this.#ledger = ledger;
    this.#bounds = bounds;
    this.#frames = new Int32Array((bounds.blockDepth + 2) * FRAME_SIZE);
    this.#refunds = new Refunds(ledger);
    this.#earlyJumps = new EarlyJumps(ledger, this.#frames, this.#refunds);
    this.#wholeLoops = new WholeLoops(ledger, this.#frames);
  }

  /** Enters a body: its label is construct 0, its first account pays 1 for the entry. */
  beginFunction(plain: boolean): void {
    this.depth = 0;
    this.traits = 0;
    this.#calls = 0;
    this.#frames[AT.loop] = NO_LOOP;
    this.#frames[AT.loops] = 0;
    this.#set(0, FRAME.function, DEAD, plain);
    this.current = this.#ledger.open(1, 0);
    this.#forks.beginFunction();
    this.#refunds.beginFunction();
  }

  /** Closes the body once every account has its total. */
  endFunction(): void {
    this.#forks.settle(this.#ledger);
  }

  kind(): number {
    return this.#frames[this.depth * FRAME_SIZE + AT.kind]!;
  }

  /** Opens a construct whose inside starts at `place`; `plain` where a jump to it carries no values. */
  open(kind: number, place: number, plain: boolean): void {
    if (this.depth >= this.#bounds.blockDepth)
      throw overBound("the nesting of blocks", this.depth + 1, this.#bounds.blockDepth);
    const frames = this.#frames;
    const before = this.current;
    const outer = this.depth * FRAME_SIZE;
    const frame = outer + FRAME_SIZE;
    this.depth++;
    if (kind === FRAME.loop) {
      const loops = frames[outer + AT.loops]! + 1;
      if (loops > this.#bounds.loopDepth) throw overBound("the nesting of loops", loops, this.#bounds.loopDepth);
      frames[frame + AT.loop] = this.depth;
      frames[frame + AT.loops] = loops;
      this.#set(frame, kind, before, false);
      if (before !== DEAD) {
        frames[frame + AT.loopEdit] = this.#ledger.editsEnd;
        this.startAccount(place, EDIT.charge);
        frames[frame + AT.firstArm] = this.current;
      }
      return;
    }
    frames[frame + AT.loop] = frames[outer + AT.loop]!;
    frames[frame + AT.loops] = frames[outer + AT.loops]!;
    this.#set(frame, kind, before, plain);
    if (kind === FRAME.if && before !== DEAD) {
      this.startAccount(place, EDIT.charge);
      frames[frame + AT.firstArm] = this.current;
    }
  }

  /** Closes one arm of an `if` or `try` and opens the next at `place`. */
  nextArm(kind: number, place: number): void {
    const frames = this.#frames;
    const frame = this.depth * FRAME_SIZE;
    if (this.current !== DEAD) frames[frame + AT.arm] = this.current;
    frames[frame + AT.kind] = kind;
    if (frames[frame + AT.before] === DEAD) {
      this.current = DEAD;
      return;
    }
    if (kind === FRAME.catch) this.#ledger.addEdit(place, EDIT.handler, 0, 0);
    this.startAccount(place, EDIT.charge);
    frames[frame + AT.lastArm] = this.current;
  }

  /** Closes the innermost construct; what follows starts at `place`. */
  close(place: number): void {
    const frames = this.#frames;
    const depth = this.depth--;
    const frame = depth * FRAME_SIZE;
    const kind = frames[frame + AT.kind]!;
    const before = frames[frame + AT.before]!;
    const outermost = frames[frame + AT.escape]!;
    if (outermost < frames[frame - FRAME_SIZE + AT.escape]!) frames[frame - FRAME_SIZE + AT.escape] = outermost;
    const owes = frames[frame + AT.owes]!;
    if (owes !== NO_PART) this.#refunds.settle(owes);
    if (before === DEAD) {
      this.current = DEAD;
      return;
    }
    const jumps = kind === FRAME.loop ? 0 : frames[frame + AT.jumps]!;
    const last = this.current;
    const arm = frames[frame + AT.arm]!;
    if (kind === FRAME.else) this.#forks.add(before, frames[frame + AT.firstArm]!, frames[frame + AT.lastArm]!);
    // An `if` without `else` is also left by its condition being false.
    if (last === DEAD && arm === DEAD && jumps === 0 && kind !== FRAME.if) return;
    if (outermost >= depth && kind !== FRAME.catch) {
      if (kind === FRAME.loop && frames[frame + AT.turns]! > 0) this.#wholeLoops.pay(frame, this.#calls);
      this.current = before;
      return;
    }
    if (kind === FRAME.catch || jumps > 1 || owes !== NO_PART) {
      this.startAccount(place, EDIT.charge);
    } else if (kind === FRAME.if) {
      this.startAccount(place, EDIT.charge);
      if (last === DEAD && jumps === 0) this.#forks.add(before, frames[frame + AT.firstArm]!, this.current);
    } else if (jumps === 0 && (last === DEAD) !== (arm === DEAD)) {
      this.current = last === DEAD ? arm : last;
    } else if (jumps === 1 && last === DEAD && arm === DEAD) {
      this.#afterJump(frame, place);
    } else this.startAccount(place, EDIT.charge);
  }

  /** Notes how often the innermost loop turns, at a conditional jump to its head from the loop's own level. */
  countTurns(turns: number): void {
    this.#wholeLoops.countTurns(this.depth * FRAME_SIZE, this.current, this.#calls, turns);
  }

  /** Goes on where one jump alone leads. */
  #afterJump(frame: number, place: number): void {
    const from = this.#frames[frame + AT.jumpFrom]!;
    const other = this.#frames[frame + AT.jumpElse]!;
    // What the loop around the jump paid ahead was reckoned with when it ended.
    if (other === DEAD && this.#ledger.pinned[from] === 0) {
      this.current = from;
      return;
    }
    this.startAccount(place, EDIT.charge);
    if (other !== DEAD) this.#forks.add(from, other, this.current);
  }

  /** Notes a jump from the current place to the label `label` constructs out; `shared` where it is one of several. */
  jump(label: number, at: number, shared: boolean): void {
    const target = this.depth - label;
    if (target < 0) throw malformed("unknown label", at);
    // Also where nothing gets there: what is not reached has to have the right types as well.
    if (target === 0) this.traits |= TRAIT.branchesOut;
    if (this.current === DEAD) return;
    const frames = this.#frames;
    const here = this.depth * FRAME_SIZE;
    const there = target * FRAME_SIZE;
    if (target < frames[here + AT.escape]!) frames[here + AT.escape] = target;
    if (frames[there + AT.kind] === FRAME.loop) {
      this.#ledger.edits[frames[there + AT.loopEdit]! + 1] = EDIT.loop;
      this.traits |= TRAIT.variable;
    }
    frames[there + AT.jumps] = shared || frames[there + AT.jumps]! > 0 ? 2 : 1;
    frames[there + AT.jumpFrom] = this.current;
  }

  /** The same for a conditional jump; what follows when it is not taken starts at `place`. */
  jumpIf(label: number, at: number, place: number): void {
    this.jump(label, at, false);
    if (this.current === DEAD) return;
    this.startAccount(place, EDIT.charge);
    this.#frames[(this.depth - label) * FRAME_SIZE + AT.jumpElse] = this.current;
  }

  /** Notes a `return` from the current place. */
  return(): void {
    if (this.current === DEAD) return;
    const frames = this.#frames;
    const here = this.depth * FRAME_SIZE;
    if (frames[here + AT.escape]! > 0) frames[here + AT.escape] = 0;
    frames[AT.jumps] = 2;
    this.current = DEAD;
  }

  /**
   * Notes a jump or `return` from the current place to the label `label` constructs out as one that gives back what was
   * paid ahead, where {@link EarlyJumps} says so. Answers the number of the refund, or {@link NO_REFUND}.
   */
  payBack(label: number, way: EXIT): number {
    if (this.current === DEAD) return NO_REFUND;
    const refund = this.#earlyJumps.payBack(this.depth, label, way, this.current, this.#calls);
    if (refund === NO_REFUND) return NO_REFUND;
    this.traits |= TRAIT.givesBack;
    if (label === this.depth && way !== EXIT.return) this.traits |= TRAIT.branchesOut;
    if (way !== EXIT.brIf) this.current = DEAD;
    return refund;
  }

  /** Notes a call at `place`: an account of which a part may be given back ends before it. */
  call(place: number): void {
    if (this.#ledger.pinned[this.current] === 1) this.startAccount(place, EDIT.charge);
    this.#calls++;
  }

  /** Notes that an exception may leave, or does leave, the current place. */
  mayThrow(): void {
    this.#frames[this.depth * FRAME_SIZE + AT.escape] = THROWN;
  }

  /** Leaves the function for good, by a tail call or an exception. */
  leave(): void {
    if (this.current === DEAD) return;
    this.mayThrow();
    this.current = DEAD;
  }

  startAccount(place: number, kind: number): void {
    this.current = this.#ledger.open(0, this.#calls);
    this.#ledger.addEdit(place, kind, this.current, 0);
  }

  #set(frame: number, kind: number, before: number, plain: boolean): void {
    const frames = this.#frames;
    frames[frame + AT.kind] = kind;
    frames[frame + AT.before] = before;
    frames[frame + AT.escape] = this.depth;
    frames[frame + AT.jumps] = 0;
    frames[frame + AT.jumpElse] = DEAD;
    frames[frame + AT.arm] = DEAD;
    frames[frame + AT.loopEdit] = -1;
    frames[frame + AT.plain] = plain ? 1 : 0;
    frames[frame + AT.turns] = 0;
    frames[frame + AT.owes] = NO_PART;
  }
}
