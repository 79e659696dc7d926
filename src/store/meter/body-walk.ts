import type { BinaryReader } from "./binary-reader.ts";
import type { CountedLoops } from "./counted-loops.ts";
import { NO_REFUND } from "./early-jumps.ts";
import { ExceptionOperators } from "./exception-operators.ts";
import { DEAD, EXIT, FRAME } from "./frames.ts";
import { memoryArgument } from "./immediates.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, type Ledger } from "./ledger.ts";
import type { Nesting } from "./nesting.ts";
import { OPERATOR, type OpcodeTables, refusedOpcode } from "./opcode-tables.ts";
import * as I from "./opcodes.ts";
import { OP } from "./opcodes.ts";
import type { OperatorNotes } from "./operator-notes.ts";
import { OtherOperators } from "./other-operators.ts";
import { malformed } from "./refusal.ts";
import { valueType } from "./value-types.ts";
import type { WorkBounds } from "./work-bounds.ts";

/** What the walk over a body tells of the operators that it meets, and what it reads them with. */
export interface WalkParts {
  readonly layout: ModuleLayout;
  readonly ledger: Ledger;
  readonly nesting: Nesting;
  readonly reader: BinaryReader;
  readonly opcodes: OpcodeTables;
  readonly notes: OperatorNotes;
  readonly counted: CountedLoops;
  readonly work: WorkBounds;
}

/**
 * Decodes bodies, operator by operator, and tells accounts, loops and bounds of those that steer control; hands those of
 * exceptions to {@link ExceptionOperators} and what is behind control to {@link OtherOperators}. With all of control in a
 * method of its own, instrumenting was slower by about 4 %: so what is frequent stays in the loop.
 */
export class BodyWalk {
  readonly #layout: ModuleLayout;
  readonly #parts: WalkParts;
  readonly #operators: Int16Array;
  readonly #exceptions: ExceptionOperators;
  readonly #others: OtherOperators;
  readonly #unwinds: boolean;

  /** `unwinds`: whether a call may not come back while the run still counts. */
  constructor(parts: WalkParts, unwinds: boolean) {
    this.#layout = parts.layout;
    this.#parts = parts;
    this.#operators = parts.opcodes.plain;
    this.#exceptions = new ExceptionOperators(parts);
    this.#others = new OtherOperators(parts);
    this.#unwinds = unwinds;
  }

  /**
   * Reads the code of a body, of which `locals` counts parameters too; `moved` is the index of the local whose place the
   * counter takes, if the body has it. Answers false where it met a `try` while every call was thought to come back.
   */
  body(from: number, to: number, locals: number, moved: number): boolean {
    // `| 0` here and below tells the compiler that a number is a small integer, which it would check at every use.
    const start = from | 0;
    const end = to | 0;
    const { bytes, use } = this.#layout;
    const { reader: r, ledger, nesting, notes, counted, work } = this.#parts;
    const operators = this.#operators;
    const exceptions = this.#exceptions;
    const others = this.#others;
    const unwinds = this.#unwinds;
    const { setAt } = counted;
    let p = start;
    /** Where the last three operators start. */
    let previous = start;
    let second = start;
    let third = start;
    /** Operands on the stack; of no meaning in code that nothing reaches. */
    let height = 0;
    /** Cost met since the last write to the current account. */
    let sum = 0;
    work.beginFunction(locals);
    counted.beginFunction(start);
    while (p < end) {
      const at = p;
      const op = bytes[p++]!;
      const operator = operators[op]!;
      const kind = operator & OPERATOR.kindMask;
      sum += (operator >> OPERATOR.costBit) & 1;
      height += operator >> OPERATOR.heightBits;
      if (kind <= I.LAST_PLAIN) {
        if (kind === I.LOCAL) {
          let index = bytes[p++]!;
          if (index >= 0x80) {
            r.at = p - 1;
            index = r.u32() | 0;
            p = r.at | 0;
          }
          if (index === moved) {
            if (p - at === 2 && locals < 0x80) ledger.addMove(at + 1);
            else ledger.addEdit(at + 1, EDIT.moved, p - at - 1, 0);
          }
          if (op !== OP.localGet) {
            const before = bytes[previous]!;
            if (op === OP.localTee && (before === OP.i32Add || before === OP.i32Sub) && previous + 1 === at)
              counted.step(index, at, p, third, second);
            setAt[index] = before === OP.i32Const ? previous : -at;
          }
        } else {
          if (kind === I.LEB) {
            while (bytes[p++]! >= 0x80);
          } else if (kind === I.MEMARG) {
            if (bytes[p]! < 0x40) {
              p++;
              while (bytes[p++]! >= 0x80);
            } else {
              r.at = p;
              memoryArgument(r, use);
              p = r.at | 0;
            }
          } else if (kind !== I.NONE) p += kind === I.BYTES4 ? 4 : 8;
        }
        third = second;
        second = previous;
        previous = at;
        continue;
      }
      if (kind === I.UNKNOWN) throw refusedOpcode(op, use);
      const before = nesting.current;
      if (before !== DEAD) ledger.totals[before]! += sum;
      sum = 0;
      r.at = p;
      // The switch below is a jump table, because there are few gaps between its cases.
      if (op > OP.tryTable) height = others.take(op, at, previous, height) | 0;
      else
        switch (op) {
          case OP.block:
          case OP.loop:
          case OP.if: {
            const type = notes.blockType();
            if (op === OP.loop) counted.openLoop(at);
            nesting.open(op - OP.block + FRAME.block, r.at, notes.plain(type));
            work.open(op, type, height);
            break;
          }
          case OP.else:
            if (nesting.kind() !== FRAME.if) throw malformed("else without if", at);
            counted.join(at);
            nesting.nextArm(FRAME.else, p);
            height = work.arm() | 0;
            break;
          case OP.end:
            counted.join(at);
            if (nesting.kind() === FRAME.loop) counted.closeLoop();
            if (nesting.depth > 0) nesting.close(p);
            else if (p === end) {
              nesting.endFunction();
              work.endFunction();
              return true;
            } else throw malformed("code after the end of a function", p);
            height = work.close() | 0;
            break;
          case OP.br: {
            const label = r.u32();
            const refund = nesting.payBack(label, EXIT.br);
            if (refund !== NO_REFUND) ledger.addEdit(at, EDIT.refund, refund, 0);
            else nesting.jump(label, at, false);
            nesting.current = DEAD;
            work.branch(height);
            break;
          }
          case OP.brIf: {
            const label = r.u32();
            const refund = nesting.payBack(label, EXIT.brIf);
            if (refund !== NO_REFUND) ledger.addEdit(at, EDIT.refundIf, refund, r.at - at);
            else {
              if (label === 0 && nesting.kind() === FRAME.loop) nesting.countTurns(counted.turns(at, second, previous));
              nesting.jumpIf(label, at, r.at);
            }
            work.branch(height);
            break;
          }
          case OP.brTable: {
            const labels = r.count();
            work.brTable(labels, height);
            for (let i = 0; i <= labels; i++) nesting.jump(r.u32(), at, true);
            nesting.current = DEAD;
            break;
          }
          case OP.return: {
            const refund = nesting.payBack(nesting.depth, EXIT.return);
            if (refund !== NO_REFUND) ledger.addEdit(at, EDIT.refund, refund, 0);
            // Also where nothing gets there: what is not reached has to have the right types as well.
            ledger.addEdit(at, EDIT.return, 0, 0);
            nesting.return();
            work.branch(height);
            break;
          }
          case OP.call: {
            const callee = r.u32();
            notes.call(at, callee);
            height = work.call(this.#typeOf(callee), height) | 0;
            break;
          }
          case OP.callIndirect:
          case OP.callRef:
            height = work.call(notes.beforeIndirect(op, at), height) | 0;
            ledger.addEdit(r.at, EDIT.afterIndirect, 0, 0);
            notes.afterCall();
            break;
          case OP.returnCall: {
            const callee = r.u32();
            notes.returnCall(at, callee);
            height = work.call(this.#typeOf(callee), height) | 0;
            break;
          }
          case OP.returnCallIndirect:
          case OP.returnCallRef:
            height = work.call(notes.beforeIndirect(op, at), height) | 0;
            nesting.leave();
            break;
          case OP.unreachable:
            if (before !== DEAD) ledger.addEdit(at, EDIT.unreachable, 0, 0);
            nesting.current = DEAD;
            break;
          case OP.selectTyped:
            for (let i = r.count(); i > 0; i--) valueType(r, use);
            break;
          case OP.try:
          case OP.tryTable:
            if (!unwinds) return false;
            height = exceptions.open(op, at, height) | 0;
            break;
          case OP.catch:
          case OP.catchAll:
            height = exceptions.handler(op, at) | 0;
            break;
          case OP.delegate:
            height = exceptions.delegate(at) | 0;
            break;
          case OP.throw:
          case OP.rethrow:
          case OP.throwRef:
            exceptions.throw(op, at);
            break;
          default:
            throw refusedOpcode(op, use);
        }
      p = r.at | 0;
      third = second;
      second = previous;
      previous = at;
    }
    throw malformed("function without end", end);
  }

  #typeOf(callee: number): number | undefined {
    const { importedFunctions, functionTypes } = this.#layout;
    return importedFunctions[callee] ?? functionTypes[callee - importedFunctions.length];
  }
}
