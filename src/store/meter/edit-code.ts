import type { BinaryWriter } from "./binary-writer.ts";
import type { BodyCopy } from "./body-copy.ts";
import type { BodyLocals } from "./body-locals.ts";
import type { CounterCode } from "./counter-code.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, type Ledger } from "./ledger.ts";
import { lebValue } from "./local-declarations.ts";
import { OP } from "./opcodes.ts";
import type { Signatures } from "./signatures.ts";

const VOID = 0x40;

/** No edit writes more than this: at most 14 opcodes with immediates of at most 10 bytes, most far shorter. */
export const EDIT_ROOM = 96;

/** What writes a body. */
export interface BodyWriters {
  readonly out: BinaryWriter;
  readonly code: CounterCode;
  readonly copy: BodyCopy;
  readonly locals: BodyLocals;
}

/** Writes what each kind of the ledger's edits stands for; the room for it is reserved. */
export class EditCode {
  readonly #layout: ModuleLayout;
  readonly #ledger: Ledger;
  readonly #signatures: Signatures;
  readonly #out: BinaryWriter;
  readonly #code: CounterCode;
  readonly #copy: BodyCopy;
  readonly #locals: BodyLocals;

  constructor(layout: ModuleLayout, ledger: Ledger, signatures: Signatures, writers: BodyWriters) {
    this.#layout = layout;
    this.#ledger = ledger;
    this.#signatures = signatures;
    this.#out = writers.out;
    this.#code = writers.code;
    this.#copy = writers.copy;
    this.#locals = writers.locals;
  }

  /** Applies one edit; answers how many bytes of the original it replaces. */
  apply(place: number, kind: number, a: number, b: number): number {
    const { totals, refunds } = this.#ledger;
    const code = this.#code;
    const out = this.#out;
    switch (kind) {
      case EDIT.moved:
        out.u32(this.#locals.moved);
        return a;
      case EDIT.loop:
        code.charge(totals[a]!, true);
        return 0;
      case EDIT.call:
        return this.#call(place, a, b);
      case EDIT.beforeIndirect:
        code.pushBelow(a === 1 ? code.wideAmount : code.amount);
        return 0;
      case EDIT.beforeCallRef:
        code.pushBelow(this.#locals.reference(a));
        return 0;
      case EDIT.afterIndirect:
        code.pop();
        return 0;
      case EDIT.flush:
        code.flush();
        return 0;
      case EDIT.unreachable:
        code.ownTrap();
        return 0;
      case EDIT.handler:
        code.load();
        return 0;
      case EDIT.beforeTailCall:
      case EDIT.return:
        code.push();
        return 0;
      case EDIT.bulk:
        code.bulk(a === 1);
        return 0;
      case EDIT.beforeGrow:
        code.beforeGrow(a === 1);
        return 0;
      case EDIT.afterGrow:
        code.afterGrow(a === 1, b === 1);
        return 0;
      case EDIT.allocate:
        code.allocate(a, b);
        return 0;
      case EDIT.refund:
        code.refund(refunds[a]!);
        return 0;
      case EDIT.refundIf:
        return this.#refundIf(place, refunds[a]!, b);
      case EDIT.blockType:
        out.signed(this.#signatures.original(a));
        return b;
      default:
        out.u32(this.#signatures.inward(a));
        return b;
    }
  }

  /** Copies a call between what takes the counter there and back. */
  #call(place: number, callee: number, length: number): number {
    const code = this.#code;
    if (callee < this.#layout.importedFunctions.length) {
      code.flush();
      this.#copy.run(place, place + length);
      code.load();
    } else {
      code.push();
      this.#copy.run(place, place + length);
      code.pop();
    }
    return length;
  }

  /** `br_if l` as `if, give back, br l + 1, end`, so that only the jump that is taken pays for giving back. */
  #refundIf(place: number, amount: number, length: number): number {
    if (amount <= 0) return 0;
    const { bytes } = this.#layout;
    const out = this.#out;
    out.byte(OP.if);
    out.byte(VOID);
    this.#code.refund(amount);
    out.byte(OP.br);
    out.u32(lebValue(bytes, place + 1) + 1);
    out.byte(OP.end);
    return length;
  }
}
