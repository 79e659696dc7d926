import type { BinaryWriter } from "./binary-writer.ts";
import { OP } from "./opcodes.ts";

const VOID = 0x40;

/** Where a function keeps the counter. */
export const PAID_BY_CALLER = 0;
export const IN_GLOBAL = 1;
export const IN_LOCAL = 2;

/** Writes the instructions that keep the counter of one body, wherever it is kept. */
export class CounterCode {
  mode = IN_LOCAL;
  /** Whether the global counter is the true one, and the local one is behind it. */
  behind = true;
  /** Index of the local that holds the counter, of the amount and of the grow's answer. */
  counter = 0;
  amount = 0;
  answer = 0;
  readonly #out: BinaryWriter;
  readonly #fuel: number;
  readonly #growFailed: number;

  constructor(out: BinaryWriter, fuel: number, growFailed: number) {
    this.#out = out;
    this.#fuel = fuel;
    this.#growFailed = growFailed;
  }

  /** Before a bulk operation: charges the length on top of the stack, which stays, and checks. */
  bulk(): void {
    this.#local(OP.localTee, this.amount);
    this.#get();
    this.#chargeAmount();
    this.#check();
  }

  /** Before a grow: remembers the amount on top of the stack, which stays. */
  beforeGrow(): void {
    this.#local(OP.localTee, this.amount);
  }

  #local(op: number, index: number): void {
    this.#out.byte(op);
    this.#out.u32(index);
  }

  /** Pushes the counter. */
  #get(): void {
    if (this.mode === IN_LOCAL && !this.behind) this.#local(OP.localGet, this.counter);
    else this.#local(OP.globalGet, this.#fuel);
  }

  #store(): void {
    this.behind = false;
    if (this.mode === IN_LOCAL) this.#local(OP.localSet, this.counter);
    else this.#local(OP.globalSet, this.#fuel);
  }

  /** Takes a constant from the counter; with `check`, traps where that leaves it below zero. */
  charge(cost: number, check: boolean): void {
    const out = this.#out;
    this.#get();
    if (cost > 0) {
      out.byte(OP.i64Const);
      out.signed(cost);
      out.byte(OP.i64Sub);
    }
    if (check) this.#check();
    else this.#store();
  }

  /** Takes the amount from the counter on the stack, which stays there. */
  #chargeAmount(): void {
    const out = this.#out;
    this.#local(OP.localGet, this.amount);
    out.byte(OP.i64ExtendI32U);
    out.byte(OP.i64Sub);
  }

  /** Stores the counter on the stack and traps where it is below zero, with the global saying so. */
  #check(): void {
    const out = this.#out;
    const inLocal = this.mode === IN_LOCAL;
    if (inLocal) {
      this.#local(OP.localTee, this.counter);
      this.behind = false;
    } else {
      this.#store();
      this.#get();
    }
    out.byte(OP.i64Const);
    out.byte(0);
    out.byte(OP.i64LtS);
    out.byte(OP.if);
    out.byte(VOID);
    this.flush();
    out.byte(OP.unreachable);
    out.byte(OP.end);
  }

  /** Makes the global counter the true one. */
  flush(): void {
    if (this.mode !== IN_LOCAL || this.behind) return;
    this.#local(OP.localGet, this.counter);
    this.#local(OP.globalSet, this.#fuel);
  }

  /** Makes the local counter the true one. */
  sync(): void {
    if (this.mode !== IN_LOCAL || !this.behind) return;
    this.#local(OP.globalGet, this.#fuel);
    this.#local(OP.localSet, this.counter);
    this.behind = false;
  }

  /** After a grow: charges the amount, or for a memory raises the flag, by the answer on the stack, which stays. */
  afterGrow(memory: boolean): void {
    const out = this.#out;
    this.sync();
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
    this.#get();
    this.#chargeAmount();
    this.#store();
    out.byte(OP.end);
    this.#local(OP.localGet, this.answer);
  }
}
