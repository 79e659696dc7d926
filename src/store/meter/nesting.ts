import type { ModuleBounds } from "./bounds.ts";
import { Forks } from "./forks.ts";
import { EDIT, type Ledger, TRAIT } from "./ledger.ts";
import { Refunds } from "./refunds.ts";
import { malformed, overBound } from "./refusal.ts";

/** Kinds of open constructs. */
export const FRAME = { function: 0, block: 1, loop: 2, if: 3, else: 4, try: 5, catch: 6 } as const;

/** No account: the place cannot be reached. */
export const DEAD = -1;
/** An escape that leaves every construct and the function: by an exception. */
const THROWN = -1;
/** No refund: the jump is an ordinary one. */
export const NO_REFUND = -1;
/** Ways out of a loop. */
export const EXIT = { br: 0, brIf: 1, return: 2 } as const;
/** The most that is paid for a loop as a whole: what runs between two checks stays short. */
const COUNTED_COST = 1 << 16;
/** A jump gives back parts of at most as many accounts, and looks through as many constructs for them. */
const REFUND_REACH = 32;

/**
 * The open constructs of one body and the account that is current. An account holds operators that run equally
 * often in every run that completes, so that one charge where it starts pays for all of them:
 *
 * - a conditional jump, an arm of an `if`, a loop's head and a handler start a new account;
 * - the end of a construct that no jump leaves *past* its end takes up the account from before the construct;
 * - a jump out of a loop, which is rare beside the loop's turns, starts no account: the loop pays as if it were not
 *   taken, and where it is taken it gives back what was paid ahead ({@link payBack}), but not across a call;
 * - a loop whose number of turns stands in the code, and which nothing else leaves, is paid for as a whole before it
 *   ({@link countTurns});
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
  readonly #kind: Uint8Array;
  /** The account before the construct, or DEAD. */
  readonly #before: Int32Array;
  /** The outermost construct that a jump from inside targets. */
  readonly #escape: Int32Array;
  /** The account at the end of the arms so far, or DEAD. */
  readonly #arm: Int32Array;
  /** Where the loop's edit stands in the ledger, or -1. */
  readonly #loopEdit: Int32Array;
  /** How many jumps target the construct's end: 0, 1, or 2 for more. */
  readonly #jumps: Uint8Array;
  /** The account that the only such jump stands in, and where it is conditional, the one it falls through to. */
  readonly #jumpFrom: Int32Array;
  readonly #jumpElse: Int32Array;
  /** The first account of a loop, or of an `if`'s first arm; and that of its last arm. */
  readonly #firstArm: Int32Array;
  readonly #lastArm: Int32Array;
  /** 1 where a jump to the construct carries no values. */
  readonly #plain: Uint8Array;
  /** How often a loop turns, or 0 where that is not known. */
  readonly #turns: Float64Array;
  /** Depths of the open loops. */
  readonly #loopDepths: number[] = [];
  /** Calls met so far in the body. */
  #calls = 0;
  readonly #forks = new Forks();
  readonly #refunds: Refunds;

  constructor(ledger: Ledger, bounds: ModuleBounds) {
    const room = bounds.blockDepth + 2;
    this.#ledger = ledger;
    this.#bounds = bounds;
    this.#refunds = new Refunds(ledger);
    this.#kind = new Uint8Array(room);
    this.#before = new Int32Array(room);
    this.#escape = new Int32Array(room);
    this.#arm = new Int32Array(room);
    this.#loopEdit = new Int32Array(room);
    this.#plain = new Uint8Array(room);
    this.#turns = new Float64Array(room);
    this.#jumps = new Uint8Array(room);
    this.#jumpFrom = new Int32Array(room);
    this.#jumpElse = new Int32Array(room);
    this.#firstArm = new Int32Array(room);
    this.#lastArm = new Int32Array(room);
  }

  /** Enters a body: its label is construct 0, its first account pays 1 for the entry. */
  beginFunction(plain: boolean): void {
    this.depth = 0;
    this.traits = 0;
    this.#calls = 0;
    this.#loopDepths.length = 0;
    this.#set(FRAME.function, DEAD, plain);
    this.current = this.#ledger.open(1, 0);
    this.#forks.beginFunction();
  }

  /** Closes the body once every account has its total. */
  endFunction(): void {
    this.#forks.settle(this.#ledger);
  }

  kind(): number {
    return this.#kind[this.depth]!;
  }

  /** Opens a construct whose inside starts at `place`; `plain` where a jump to it carries no values. */
  open(kind: number, place: number, plain: boolean): void {
    if (this.depth >= this.#bounds.blockDepth)
      throw overBound("the nesting of blocks", this.depth + 1, this.#bounds.blockDepth);
    const before = this.current;
    this.depth++;
    if (kind === FRAME.loop) {
      const loops = this.#loopDepths.push(this.depth);
      if (loops > this.#bounds.loopDepth) throw overBound("the nesting of loops", loops, this.#bounds.loopDepth);
      this.#set(kind, before, false);
      if (before !== DEAD) {
        this.#loopEdit[this.depth] = this.#ledger.editsEnd;
        this.startAccount(place, EDIT.charge);
        this.#firstArm[this.depth] = this.current;
      }
      return;
    }
    this.#set(kind, before, plain);
    if (kind === FRAME.if && before !== DEAD) {
      this.startAccount(place, EDIT.charge);
      this.#firstArm[this.depth] = this.current;
    }
  }

  /** Closes one arm of an `if` or `try` and opens the next at `place`. */
  nextArm(kind: number, place: number): void {
    const depth = this.depth;
    if (this.current !== DEAD) this.#arm[depth] = this.current;
    this.#kind[depth] = kind;
    if (this.#before[depth] === DEAD) {
      this.current = DEAD;
      return;
    }
    if (kind === FRAME.catch) this.#ledger.addEdit(place, EDIT.handler, 0, 0);
    this.startAccount(place, EDIT.charge);
    this.#lastArm[depth] = this.current;
  }

  /** Closes the innermost construct; what follows starts at `place`. */
  close(place: number): void {
    const depth = this.depth--;
    const kind = this.#kind[depth]!;
    const before = this.#before[depth]!;
    const escapes = this.#escape[depth]! < depth;
    if (this.#escape[depth]! < this.#escape[depth - 1]!) this.#escape[depth - 1] = this.#escape[depth]!;
    const owed = this.#refunds.settle(depth);
    if (kind === FRAME.loop) this.#loopDepths.pop();
    if (before === DEAD) {
      this.current = DEAD;
      return;
    }
    const jumps = kind === FRAME.loop ? 0 : this.#jumps[depth]!;
    const last = this.current;
    const arm = this.#arm[depth]!;
    if (kind === FRAME.else) this.#forks.add(before, this.#firstArm[depth]!, this.#lastArm[depth]!);
    // An `if` without `else` is also left by its condition being false.
    if (last === DEAD && arm === DEAD && jumps === 0 && kind !== FRAME.if) return;
    if (!escapes && kind !== FRAME.catch) {
      if (kind === FRAME.loop && this.#turns[depth]! > 0) this.#payWhole(depth);
      this.current = before;
      return;
    }
    if (kind === FRAME.catch || jumps > 1 || owed) {
      this.startAccount(place, EDIT.charge);
    } else if (kind === FRAME.if) {
      this.startAccount(place, EDIT.charge);
      if (last === DEAD && jumps === 0) this.#forks.add(before, this.#firstArm[depth]!, this.current);
    } else if (jumps === 0 && (last === DEAD) !== (arm === DEAD)) {
      this.current = last === DEAD ? arm : last;
    } else if (jumps === 1 && last === DEAD && arm === DEAD) {
      this.#afterJump(depth, place);
    } else this.startAccount(place, EDIT.charge);
  }

  /**
   * Notes how often the innermost loop turns, at a conditional jump to its head from the loop's own level. It counts
   * only where the jump stands in the account of the loop's turns, and only if no other way back, no way out and no call
   * follow.
   */
  countTurns(turns: number): void {
    const depth = this.depth;
    const account = this.#firstArm[depth]!;
    const alone = this.current === account && this.#jumps[depth] === 0;
    if (alone && this.#ledger.callsBefore[account] === this.#calls) this.#turns[depth] = turns;
  }

  /** Moves what a loop costs in all its turns into the account before it; then its head neither charges nor checks. */
  #payWhole(depth: number): void {
    const { totals, pinned, edits, callsBefore } = this.#ledger;
    const account = this.#firstArm[depth]!;
    const cost = totals[account]! * this.#turns[depth]!;
    if (this.#jumps[depth] !== 1 || callsBefore[account] !== this.#calls || pinned[account] === 1) return;
    if (cost > COUNTED_COST) return;
    totals[this.#before[depth]!]! += cost;
    totals[account] = 0;
    // Nothing may be moved into it from now on.
    pinned[account] = 1;
    edits[this.#loopEdit[depth]! + 1] = EDIT.charge;
  }

  /** Goes on where one jump alone leads. */
  #afterJump(depth: number, place: number): void {
    const from = this.#jumpFrom[depth]!;
    const other = this.#jumpElse[depth]!;
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
    if (target < this.#escape[this.depth]!) this.#escape[this.depth] = target;
    if (this.#kind[target] === FRAME.loop) {
      this.#ledger.edits[this.#loopEdit[target]! + 1] = EDIT.loop;
      this.traits |= TRAIT.variable;
    }
    this.#jumps[target] = shared || this.#jumps[target]! > 0 ? 2 : 1;
    this.#jumpFrom[target] = this.current;
  }

  /** The same for a conditional jump; what follows when it is not taken starts at `place`. */
  jumpIf(label: number, at: number, place: number): void {
    this.jump(label, at, false);
    if (this.current === DEAD) return;
    this.startAccount(place, EDIT.charge);
    this.#jumpElse[this.depth - label] = this.current;
  }

  /** Notes a `return` from the current place. */
  return(): void {
    if (this.current === DEAD) return;
    this.#escape[this.depth] = Math.min(this.#escape[this.depth]!, 0);
    this.#jumps[0] = 2;
    this.current = DEAD;
  }

  /**
   * Notes a jump or `return` from the current place to the label `label` constructs out as one that gives back what was
   * paid ahead, where that is worth it and exact: it leaves the innermost loop, or is one of several conditional jumps in
   * it to the same end, and no call since the account started saw a counter that was too low. Answers the number of the
   * refund, or {@link NO_REFUND}.
   *
   * Where it leaves the loop, only what was paid inside of that is given back; for everything between the loop and the
   * target the jump is an escape. So nothing is paid ahead while an inner loop runs, which may call.
   */
  payBack(label: number, way: number): number {
    const target = this.depth - label;
    const loop = this.#loopDepths.at(-1);
    if (loop === undefined || target < 0 || this.current === DEAD) return NO_REFUND;
    // A jump to the head of a loop further out goes on with that loop, whose head has to check.
    if (this.#kind[target] === FRAME.loop) return NO_REFUND;
    const leaves = target < loop;
    // The first of the jumps to one end parts the accounts; it is not known to be one of several.
    if (!leaves && (way !== EXIT.brIf || this.#jumps[target] === 0)) return NO_REFUND;
    const within = leaves ? loop : target;
    if (this.depth - within > REFUND_REACH) return NO_REFUND;
    if (way === EXIT.brIf && this.#plain[target] === 0) return NO_REFUND;
    let first = this.current;
    for (let depth = this.depth; depth > within; depth--)
      if (this.#before[depth]! !== DEAD) first = this.#before[depth]!;
    if (this.#ledger.callsBefore[first]! !== this.#calls) return NO_REFUND;
    const refund = this.#refunds.add();
    let last = DEAD;
    for (let depth = this.depth + 1; depth > within; depth--) {
      const account = depth > this.depth ? this.current : this.#before[depth]!;
      if (account !== last) this.#refunds.owe(within, refund, account);
      last = account;
    }
    if (leaves && target < this.#escape[loop]!) this.#escape[loop] = target;
    if (target === 0 && way !== EXIT.return) this.traits |= TRAIT.branchesOut;
    this.#jumps[target] = 2;
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
    this.#escape[this.depth] = THROWN;
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

  #set(kind: number, before: number, plain: boolean): void {
    const depth = this.depth;
    this.#kind[depth] = kind;
    this.#before[depth] = before;
    this.#escape[depth] = depth;
    this.#jumps[depth] = 0;
    this.#jumpElse[depth] = DEAD;
    this.#arm[depth] = DEAD;
    this.#loopEdit[depth] = -1;
    this.#plain[depth] = plain ? 1 : 0;
    this.#turns[depth] = 0;
    this.#refunds.begin(depth);
  }
}
