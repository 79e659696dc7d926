import type { BinaryWriter } from "./binary-writer.ts";
import { OP } from "./opcodes.ts";

const VOID = 0x40;

/** Globals that the meter appends. */
export interface MeterGlobals {
  readonly fuel: number;
  readonly growFailed: number;
  readonly unreachable: number;
}

/** Writes the instructions that keep the counter of one body, which is a parameter of the function. */
export class CounterCode {
  /** Index of the local that holds the counter, of the amount, of the grow's answer, and of a table index. */
  counter = 0;
  amount = 0;
  answer = 0;
  index = 0;
  /** How far below zero the counter may be at a check by what was paid ahead and may be given back. */
  slack = 0;
  readonly #out: BinaryWriter;
  readonly #fuel: number;
  readonly #growFailed: number;
  readonly #unreachable: number;

  constructor(out: BinaryWriter, globals: MeterGlobals) {
    this.#out = out;
    this.#fuel = globals.fuel;
    this.#growFailed = globals.growFailed;
    this.#unreachable = globals.unreachable;
  }

  #local(op: number, index: number): void {
    this.#out.byte(op);
    this.#out.u32(index);
  }

  /** Pushes the counter. */
  push(): void {
    this.#local(OP.localGet, this.counter);
  }

  /** Pops the counter. */
  pop(): void {
    this.#local(OP.localSet, this.counter);
  }

  /** Pushes the counter below the table index on top of the stack. */
  pushBelowIndex(): void {
    this.#local(OP.localSet, this.index);
    this.push();
    this.#local(OP.localGet, this.index);
  }

  /** Stores the counter where the host sees it. */
  flush(): void {
    this.push();
    this.#local(OP.globalSet, this.#fuel);
  }

  /** Loads the counter from where the host sees it. */
  load(): void {
    this.#local(OP.globalGet, this.#fuel);
    this.pop();
  }

  /** Takes a constant from the counter; with `check`, traps where that leaves it too low. */
  charge(cost: number, check: boolean): void {
    const out = this.#out;
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
    this.#out.byte(OP.i32Const);
    this.#out.byte(1);
    this.#local(OP.globalSet, this.#unreachable);
  }

  /**
   * Traps where the counter on the stack is too low; else it is the local's. The arm holds nothing but the trap: so the
   * engine makes the branch a conditional trap, which is out of the way of the code behind it.
   */
  #check(): void {
    const out = this.#out;
    this.#local(OP.localTee, this.counter);
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
  bulk(): void {
    this.#local(OP.localTee, this.amount);
    this.push();
    this.#takeAmount();
    this.#check();
  }

  /** Before a grow: remembers the amount on top of the stack, which stays. */
  beforeGrow(): void {
    this.#local(OP.localTee, this.amount);
  }

  /** Takes the amount from the counter on the stack, which stays there. */
  #takeAmount(): void {
    const out = this.#out;
    this.#local(OP.localGet, this.amount);
    out.byte(OP.i64ExtendI32U);
    out.byte(OP.i64Sub);
  }

  /** After a grow: charges the amount, or for a memory raises the flag, by the answer on the stack, which stays. */
  afterGrow(memory: boolean): void {
    const out = this.#out;
    this.#local(OP.localTee, this.answer);
    out.byte(OP.i32Const);
    out.byte(0x7f);
    out.byte(OP.i32Eq);
    out.byte(OP.if);
    out.byte(VOID);
    if (memory) {
      out.byte(OP.i32Const);
      out.byte(1);
      this.#local(OP.globalSet, this.#growFailed);
    }
    out.byte(OP.else);
    this.push();
    this.#takeAmount();
    this.pop();
    out.byte(OP.end);
    this.#local(OP.localGet, this.answer);
  }
}
