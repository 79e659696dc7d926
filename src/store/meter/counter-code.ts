import type { BinaryWriter } from "./binary-writer.ts";
import { OP } from "./opcodes.ts";

const VOID = 0x40;
const NOWHERE = -1;
/** More than any counter holds: limits of fuel are safe integers. */
const HUGE_AMOUNT = 2 ** 53;

/** Globals that the meter appends. */
export interface MeterGlobals {
  readonly fuel: number;
  readonly growFailed: number;
  readonly unreachable: number;
  /** Only in modules that make objects. */
  readonly heap: number;
}

/**
 * Writes the instructions that keep the counter of one body. It comes as a parameter and stays in that local, unless
 * {@link inGlobal} is set: then it stays in the global, which a handler finds true wherever an exception comes from.
 */
export class CounterCode {
  inGlobal = false;
  /** Index of the local that holds the counter. */
  counter = 0;
  /** Indices of locals for an amount, for a grow's answer, and for an index: of type i32, and of type i64. */
  amount = 0;
  answer = 0;
  wideAmount = 0;
  wideAnswer = 0;
  /** How far below zero the counter may be at a check by what was paid ahead and may be given back. */
  slack = 0;
  readonly #out: BinaryWriter;
  readonly #globals: MeterGlobals;
  /** Where the last instruction that popped into the local starts and ends. */
  #popStart = NOWHERE;
  #popEnd = NOWHERE;

  constructor(out: BinaryWriter, globals: MeterGlobals) {
    this.#out = out;
    this.#globals = globals;
  }

  /** At the entry of a function. */
  enter(): void {
    this.#popEnd = NOWHERE;
    if (!this.inGlobal) return;
    this.#local(OP.localGet, this.counter);
    this.pop();
  }

  #local(op: number, index: number): void {
    this.#out.byte(op);
    this.#out.u32(index);
  }

  /**
   * Pushes the counter for what pops it again, or leaves the function. Where it was popped by the instruction before, it
   * stays on the stack instead, and the local does not hold it meanwhile.
   */
  push(): void {
    if (this.inGlobal) this.#local(OP.globalGet, this.#globals.fuel);
    else if (this.#out.at === this.#popEnd) {
      this.#out.at = this.#popStart;
      this.#popEnd = NOWHERE;
    } else this.#local(OP.localGet, this.counter);
  }

  /** Pops the counter. */
  pop(): void {
    if (this.inGlobal) {
      this.#local(OP.globalSet, this.#globals.fuel);
      return;
    }
    this.#popStart = this.#out.at;
    this.#local(OP.localSet, this.counter);
    this.#popEnd = this.#out.at;
  }

  /** Pushes the counter below what is on top of the stack, by way of a local of its type. */
  pushBelow(local: number): void {
    this.#local(OP.localSet, local);
    this.push();
    this.#local(OP.localGet, local);
  }

  /** Stores the counter where the host sees it; what follows either loads it again or does not come back. */
  flush(): void {
    if (this.inGlobal) return;
    this.push();
    this.#local(OP.globalSet, this.#globals.fuel);
  }

  /** Loads the counter from where the host sees it. */
  load(): void {
    if (this.inGlobal) return;
    this.#local(OP.globalGet, this.#globals.fuel);
    this.pop();
  }

  /** Takes a constant from the counter; with `check`, traps where that leaves it too low. */
  charge(cost: number, check: boolean): void {
    const out = this.#out;
    // By far the most frequent case, in one go.
    if (!check && cost < 0x40 && this.counter < 0x80 && !this.inGlobal) {
      const { bytes } = out;
      let { at } = out;
      if (at === this.#popEnd) at = this.#popStart;
      else {
        bytes[at++] = OP.localGet;
        bytes[at++] = this.counter;
      }
      bytes[at++] = OP.i64Const;
      bytes[at++] = cost;
      bytes[at++] = OP.i64Sub;
      this.#popStart = at;
      bytes[at++] = OP.localSet;
      bytes[at++] = this.counter;
      this.#popEnd = at;
      out.at = at;
      return;
    }
    this.push();
    if (cost > 0) {
      out.byte(OP.i64Const);
      out.signed(cost);
      out.byte(OP.i64Sub);
    }
    if (check) this.#check();
    else this.pop();
  }

  /** Gives a constant back to the counter. */
  refund(amount: number): void {
    if (amount <= 0) return;
    this.push();
    this.#out.byte(OP.i64Const);
    this.#out.signed(amount);
    this.#out.byte(OP.i64Add);
    this.pop();
  }

  /** Before an `unreachable` of the module's own: stores the counter, and that it is not one of the meter's. */
  ownTrap(): void {
    this.flush();
    this.markTrap();
  }

  /** The same where the function has no counter. */
  markTrap(): void {
    this.#out.byte(OP.i32Const);
    this.#out.byte(1);
    this.#local(OP.globalSet, this.#globals.unreachable);
  }

  /**
   * Traps where the counter on the stack is too low; else it is the local's. The arm holds nothing but the trap: so the
   * engine makes the branch a conditional trap, which is out of the way of the code behind it.
   */
  #check(): void {
    const out = this.#out;
    if (this.inGlobal) {
      this.pop();
      this.push();
    } else this.#local(OP.localTee, this.counter);
    out.byte(OP.i64Const);
    if (this.slack > 0) out.negative(this.slack);
    else out.byte(0);
    out.byte(OP.i64LtS);
    out.byte(OP.if);
    out.byte(VOID);
    out.byte(OP.unreachable);
    out.byte(OP.end);
  }

  /** Before a bulk operation: charges the length on top of the stack, which stays, and checks. */
  bulk(wide: boolean): void {
    this.#local(OP.localTee, wide ? this.wideAmount : this.amount);
    this.push();
    this.#takeAmount(wide);
    this.#check();
  }

  /** Before a grow: remembers the amount on top of the stack, which stays. */
  beforeGrow(wide: boolean): void {
    this.#local(OP.localTee, wide ? this.wideAmount : this.amount);
  }

  /**
   * Before an object is made: takes its bytes, and `each` for every one of the amount that was charged last, from what
   * the run may allocate; traps where that leaves it below zero, with the flag saying why.
   */
  allocate(bytes: number, each: number): void {
    const out = this.#out;
    const { heap } = this.#globals;
    this.#local(OP.globalGet, heap);
    out.byte(OP.i64Const);
    out.signed(bytes);
    out.byte(OP.i64Sub);
    if (each > 0) {
      this.#local(OP.localGet, this.amount);
      out.byte(OP.i64ExtendI32U);
      out.byte(OP.i64Const);
      out.signed(each);
      out.byte(OP.i64Mul);
      out.byte(OP.i64Sub);
    }
    this.#local(OP.globalSet, heap);
    this.#local(OP.globalGet, heap);
    out.byte(OP.i64Const);
    out.byte(0);
    out.byte(OP.i64LtS);
    out.byte(OP.if);
    out.byte(VOID);
    this.#raiseFlag();
    this.ownTrap();
    out.byte(OP.unreachable);
    out.byte(OP.end);
  }

  /** Takes the amount from the counter on the stack, which stays there. */
  #takeAmount(wide: boolean): void {
    const out = this.#out;
    if (wide) {
      // No operation of so much succeeds, and no counter is so high: cut, so that it cannot wrap around.
      this.#local(OP.localGet, this.wideAmount);
      this.#hugeAmount();
      this.#local(OP.localGet, this.wideAmount);
      this.#hugeAmount();
      out.byte(OP.i64LtU);
      out.byte(OP.select);
      out.byte(OP.i64Sub);
      return;
    }
    this.#local(OP.localGet, this.amount);
    out.byte(OP.i64ExtendI32U);
    out.byte(OP.i64Sub);
  }

  /** After a grow: charges the amount, or for a memory raises the flag, by the answer on the stack, which stays. */
  afterGrow(memory: boolean, wide: boolean): void {
    const out = this.#out;
    const answer = wide ? this.wideAnswer : this.answer;
    this.#local(OP.localTee, answer);
    out.byte(wide ? OP.i64Const : OP.i32Const);
    out.byte(0x7f);
    out.byte(wide ? OP.i64Eq : OP.i32Eq);
    out.byte(OP.if);
    out.byte(VOID);
    if (memory) this.#raiseFlag();
    out.byte(OP.else);
    this.push();
    this.#takeAmount(wide);
    this.pop();
    out.byte(OP.end);
    this.#local(OP.localGet, answer);
  }

  /** Says that the guest ran into its limit of memory. */
  #raiseFlag(): void {
    this.#out.byte(OP.i32Const);
    this.#out.byte(1);
    this.#local(OP.globalSet, this.#globals.growFailed);
  }

  #hugeAmount(): void {
    this.#out.byte(OP.i64Const);
    this.#out.signed(HUGE_AMOUNT);
  }
}
