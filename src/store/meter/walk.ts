import { BinaryReader } from "./binary-reader.ts";
import type { ModuleBounds } from "./bounds.ts";
import { CountedLoops } from "./counted-loops.ts";
import { NO_REFUND } from "./early-jumps.ts";
import { DEAD, EXIT, FRAME } from "./frames.ts";
import { memoryArgument, simdImmediates } from "./immediates.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, type Ledger, TRAIT } from "./ledger.ts";
import { Nesting } from "./nesting.ts";
import { noteOpcode, OPERATOR, type OpcodeTables, opcodeTables, refusedOpcode } from "./opcode-tables.ts";
import * as I from "./opcodes.ts";
import { OP } from "./opcodes.ts";
import { MISC_HEIGHT, SIMD_HEIGHT } from "./operand-heights.ts";
import { OperatorNotes } from "./operator-notes.ts";
import { malformed, overBound } from "./refusal.ts";
import { catchClauses } from "./try-table.ts";
import { heapType, valueType } from "./value-types.ts";
import { WorkBounds } from "./work-bounds.ts";

/**
 * Phase 1: decodes every body once, holds it against the bounds and fills the ledger. Refuses any opcode it does not
 * know. The engine validates afterwards, so that nothing here relies on types, only on bounds of its own arrays.
 *
 * Where a call may not come back and the run still counts — a module that can catch exceptions, or one that may exit
 * from inside a call — what follows a call has an account of its own: no charge is then lost, repeated or paid ahead.
 * That exceptions are caught is known only at the first `try`, so such a module is walked twice.
 */
export function walkBodies(layout: ModuleLayout, bounds: ModuleBounds, ledger: Ledger, exits: boolean): void {
  const walk = new BodyWalk(layout, bounds, ledger);
  if (!walk.all(exits)) walk.all(true);
}

/** Kept between modules, as the ledger is: its arrays have room for the deepest nesting. */
let kept: { ledger: Ledger; bounds: ModuleBounds; nesting: Nesting } | undefined;

function keptNesting(ledger: Ledger, bounds: ModuleBounds): Nesting {
  if (kept?.ledger !== ledger || kept.bounds !== bounds)
    kept = { ledger, bounds, nesting: new Nesting(ledger, bounds) };
  return kept.nesting;
}

class BodyWalk {
  readonly #layout: ModuleLayout;
  readonly #bounds: ModuleBounds;
  readonly #ledger: Ledger;
  readonly #nesting: Nesting;
  readonly #reader: BinaryReader;
  readonly #opcodes: OpcodeTables;
  readonly #work: WorkBounds;
  readonly #notes: OperatorNotes;
  #counted: CountedLoops;

  constructor(layout: ModuleLayout, bounds: ModuleBounds, ledger: Ledger) {
    this.#layout = layout;
    this.#bounds = bounds;
    this.#work = new WorkBounds(bounds, layout);
    this.#counted = new CountedLoops(layout.bytes, 0);
    this.#ledger = ledger;
    this.#nesting = keptNesting(ledger, bounds);
    this.#reader = new BinaryReader(layout.bytes, 0, layout.bytes.length);
    this.#opcodes = opcodeTables(layout.use.allowed);
    this.#notes = new OperatorNotes(layout, ledger, this.#nesting, this.#reader, this.#opcodes);
  }

  /** Answers false where the walk met a `try` while every call was thought to come back. */
  all(unwinds: boolean): boolean {
    const { bodies, functionTypes, typeParameters, typeResults } = this.#layout;
    const ledger = this.#ledger;
    const count = functionTypes.length;
    this.#notes.unwinds = unwinds;
    this.#work.beginModule();
    ledger.begin(count, count > 0 ? bodies[count * 2 - 1]! - bodies[0]! : 0);
    this.#counted = new CountedLoops(this.#layout.bytes, this.#bounds.locals);
    for (let i = 0; i < count; i++) {
      ledger.beginFunction(i);
      const type = functionTypes[i]!;
      const parameters = typeParameters[type]!.count;
      const locals = this.#locals(bodies[i * 2]!, bodies[i * 2 + 1]!, parameters);
      ledger.locals[i] = locals;
      this.#nesting.beginFunction(typeResults[type]!.count === 0);
      if (!this.#body(this.#reader.at, bodies[i * 2 + 1]!, locals, parameters)) return false;
      ledger.traits[i] = this.#nesting.traits;
    }
    ledger.beginFunction(count);
    return true;
  }

  /** Reads the declarations of locals; answers how many there are with the parameters. */
  #locals(start: number, end: number, parameters: number): number {
    const r = new BinaryReader(this.#layout.bytes, start, end);
    let sum = parameters;
    for (let groups = r.count(); groups > 0; groups--) {
      sum += r.u32();
      if (sum > this.#bounds.locals) throw overBound("the number of locals", sum, this.#bounds.locals);
      valueType(r, this.#layout.use);
    }
    this.#reader.at = r.at;
    return sum;
  }

  /** `moved` is the index of the local whose place the counter takes, if the body has it. */
  #body(from: number, to: number, locals: number, moved: number): boolean {
    // `| 0` here and below tells the compiler that a number is a small integer, which it would check at every use.
    const start = from | 0;
    const end = to | 0;
    const { bytes, use } = this.#layout;
    const r = this.#reader;
    const operators = this.#opcodes.plain;
    const ledger = this.#ledger;
    const nesting = this.#nesting;
    const notes = this.#notes;
    const counted = this.#counted;
    const work = this.#work;
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
      if (op > OP.tryTable) height = this.#other(op, at, previous, height) | 0;
      else
        switch (op) {
          case OP.block:
          case OP.loop:
          case OP.if:
          case OP.try: {
            if (op === OP.try && !notes.unwinds) return false;
            const type = notes.blockType();
            if (op === OP.loop) counted.openLoop(at);
            nesting.open(op === OP.try ? FRAME.try : op - OP.block + FRAME.block, r.at, notes.plain(type));
            work.open(op, type, height);
            break;
          }
          case OP.tryTable: {
            noteOpcode(op, use);
            if (!notes.unwinds) return false;
            const type = notes.blockType();
            nesting.traits |= TRAIT.catches | TRAIT.variable;
            const labels = catchClauses(r);
            work.catchClauses(labels.length);
            for (const label of labels) nesting.jump(label, at, true);
            nesting.open(FRAME.block, r.at, notes.plain(type));
            work.open(op, type, height);
            break;
          }
          case OP.else:
            if (nesting.kind() !== FRAME.if) throw malformed("else without if", at);
            counted.join(at);
            nesting.nextArm(FRAME.else, p);
            height = work.arm() | 0;
            break;
          case OP.catch:
          case OP.catchAll:
            if (nesting.kind() !== FRAME.try && nesting.kind() !== FRAME.catch)
              throw malformed("catch without try", at);
            if (op === OP.catch) r.u32();
            counted.join(at);
            nesting.nextArm(FRAME.catch, r.at);
            sum = 1;
            height = work.handler(op === OP.catch) | 0;
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
          case OP.delegate:
            if (nesting.kind() !== FRAME.try) throw malformed("delegate without try", at);
            r.u32();
            counted.join(at);
            nesting.close(r.at);
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
          case OP.throw:
          case OP.rethrow:
          case OP.throwRef:
            if (op === OP.throwRef) noteOpcode(op, use);
            else r.u32();
            if (before !== DEAD) ledger.addEdit(at, EDIT.flush, 0, 0);
            nesting.traits |= TRAIT.variable;
            nesting.leave();
            break;
          case OP.unreachable:
            if (before !== DEAD) ledger.addEdit(at, EDIT.unreachable, 0, 0);
            nesting.current = DEAD;
            break;
          case OP.selectTyped:
            for (let i = r.count(); i > 0; i--) valueType(r, use);
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

  /** An operator behind those that steer control; answers the height of the stack after it. */
  #other(op: number, at: number, previous: number, height: number): number {
    const { use } = this.#layout;
    const r = this.#reader;
    const nesting = this.#nesting;
    const notes = this.#notes;
    const work = this.#work;
    switch (op) {
      case OP.refNull:
        heapType(r, use);
        break;
      case OP.refEq:
      case OP.refAsNonNull:
        noteOpcode(op, use);
        break;
      case OP.prefixGc:
        notes.gc(at, previous);
        break;
      case OP.prefixSimd:
        return height + (SIMD_HEIGHT[simdImmediates(r, use)] ?? 0);
      case OP.prefixMisc:
        work.countCall();
        return height + (MISC_HEIGHT[notes.misc(at, previous)] ?? 1);
      case OP.brOnNull:
      case OP.brOnNonNull:
        noteOpcode(op, use);
        nesting.jumpIf(r.u32(), at, r.at);
        work.branch(height);
        break;
      case OP.refFunc: {
        const index = r.u32();
        this.#layout.codeReferences.add(index);
        notes.reference(index, at + 1);
        work.countCall();
        break;
      }
      case OP.memoryGrow: {
        const wide = this.#layout.wideMemories[r.u32()] === true;
        if (nesting.current !== DEAD) notes.grow(at, 1, wide);
        work.countCall();
        break;
      }
      default:
        if (((this.#opcodes.plain[op] ?? 0) & OPERATOR.kindMask) !== I.COUNTED) throw refusedOpcode(op, use);
        work.countCall();
    }
    return height;
  }

  #typeOf(callee: number): number | undefined {
    const { importedFunctions, functionTypes } = this.#layout;
    return importedFunctions[callee] ?? functionTypes[callee - importedFunctions.length];
  }
}
