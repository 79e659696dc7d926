import { BinaryReader } from "./binary-reader.ts";
import type { ModuleBounds } from "./bounds.ts";
import { GC_EFFECT, gcInstruction } from "./gc-instructions.ts";
import { memoryArgument, shortConstant, simdImmediates } from "./immediates.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, type Ledger, TRAIT } from "./ledger.ts";
import { DEAD, EXIT, FRAME, Nesting, NO_REFUND } from "./nesting.ts";
import {
  COST_BIT,
  HEIGHT_BITS,
  KIND_MASK,
  noteOpcode,
  type OpcodeTables,
  opcodeTables,
  refusedMiscOpcode,
  refusedOpcode,
} from "./opcode-tables.ts";
import * as I from "./opcodes.ts";
import { malformed, overBound } from "./refusal.ts";
import { catchClauses } from "./try-table.ts";
import { objectBytes } from "./type-section.ts";
import { blockType, heapType, NO_RESULT, valueType } from "./value-types.ts";
import { WorkBounds } from "./work-bounds.ts";

const { OP, MISC } = I;

/** Constant lengths up to this are charged with their account, as Wasmtime does; longer ones are checked first. */
const UNCHECKED_LENGTH = 128;

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
  #unwinds = false;

  constructor(layout: ModuleLayout, bounds: ModuleBounds, ledger: Ledger) {
    this.#layout = layout;
    this.#bounds = bounds;
    this.#work = new WorkBounds(bounds, layout);
    this.#ledger = ledger;
    this.#nesting = keptNesting(ledger, bounds);
    this.#reader = new BinaryReader(layout.bytes, 0, layout.bytes.length);
    this.#opcodes = opcodeTables(layout.use.allowed);
  }

  /** Answers false where the walk met a `try` while every call was thought to come back. */
  all(unwinds: boolean): boolean {
    const { bodies, functionTypes, typeParameters, typeResults } = this.#layout;
    const ledger = this.#ledger;
    const count = functionTypes.length;
    this.#unwinds = unwinds;
    this.#work.beginModule();
    ledger.begin(count);
    for (let i = 0; i < count; i++) {
      ledger.firstEdit[i] = ledger.editsEnd;
      ledger.firstAccount[i] = ledger.accountsEnd;
      const type = functionTypes[i]!;
      const parameters = typeParameters[type]!.count;
      const locals = this.#locals(bodies[i * 2]!, bodies[i * 2 + 1]!, parameters);
      ledger.locals[i] = locals;
      this.#nesting.beginFunction(typeResults[type]!.count === 0);
      if (!this.#body(this.#reader.at, bodies[i * 2 + 1]!, locals, parameters)) return false;
      ledger.traits[i] = this.#nesting.traits;
    }
    ledger.firstEdit[count] = ledger.editsEnd;
    ledger.firstAccount[count] = ledger.accountsEnd;
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
  #body(start: number, end: number, locals: number, moved: number): boolean {
    const { bytes, use } = this.#layout;
    const r = this.#reader;
    const operators = this.#opcodes.plain;
    const ledger = this.#ledger;
    const nesting = this.#nesting;
    let p = start;
    let previous = start;
    /** Operands on the stack; of no meaning in code that nothing reaches. */
    let height = 0;
    /** Cost met since the last write to the current account. */
    let sum = 0;
    this.#work.beginFunction(locals);
    while (p < end) {
      const at = p;
      const op = bytes[p++]!;
      const operator = operators[op]!;
      const kind = operator & KIND_MASK;
      sum += (operator >> COST_BIT) & 1;
      height += operator >> HEIGHT_BITS;
      if (kind <= I.LAST_PLAIN) {
        if (kind === I.LOCAL) {
          let index = bytes[p++]!;
          if (index >= 0x80) {
            r.at = p - 1;
            index = r.u32();
            p = r.at;
          }
          if (index === moved) ledger.addEdit(at + 1, EDIT.moved, p - at - 1, 0);
        } else if (kind === I.LEB) while (bytes[p++]! >= 0x80);
        else if (kind === I.MEMARG) {
          if (bytes[p]! < 0x40) {
            p++;
            while (bytes[p++]! >= 0x80);
          } else {
            r.at = p;
            memoryArgument(r, use);
            p = r.at;
          }
        } else if (kind !== I.NONE) p += kind === I.BYTES4 ? 4 : 8;
        previous = at;
        continue;
      }
      if (kind === I.UNKNOWN) throw refusedOpcode(op, use);
      const before = nesting.current;
      if (op !== OP.prefixSimd && op !== OP.selectTyped && op !== OP.refNull) {
        if (before !== DEAD) ledger.totals[before]! += sum;
        sum = 0;
      }
      r.at = p;
      switch (op) {
        case OP.block:
        case OP.loop:
        case OP.if:
        case OP.try: {
          if (op === OP.try && !this.#unwinds) return false;
          const plain = this.#blockType();
          nesting.open(op === OP.try ? FRAME.try : op - OP.block + FRAME.block, r.at, plain);
          break;
        }
        case OP.tryTable: {
          noteOpcode(op, use);
          if (!this.#unwinds) return false;
          const plain = this.#blockType();
          nesting.traits |= TRAIT.catches | TRAIT.variable;
          const labels = catchClauses(r);
          this.#work.catchClauses(labels.length);
          for (const label of labels) nesting.jump(label, at, true);
          nesting.open(FRAME.block, r.at, plain);
          break;
        }
        case OP.else:
          if (nesting.kind() !== FRAME.if) throw malformed("else without if", at);
          nesting.nextArm(FRAME.else, p);
          break;
        case OP.catch:
        case OP.catchAll:
          if (nesting.kind() !== FRAME.try && nesting.kind() !== FRAME.catch) throw malformed("catch without try", at);
          if (op === OP.catch) r.u32();
          nesting.nextArm(FRAME.catch, r.at);
          sum = 1;
          break;
        case OP.end:
          if (nesting.depth > 0) nesting.close(p);
          else if (p === end) {
            nesting.endFunction();
            this.#work.endFunction();
            return true;
          } else throw malformed("code after the end of a function", p);
          break;
        case OP.delegate:
          if (nesting.kind() !== FRAME.try) throw malformed("delegate without try", at);
          r.u32();
          nesting.close(r.at);
          break;
        case OP.br: {
          const label = r.u32();
          const refund = nesting.exitLoop(label, EXIT.br);
          if (refund !== NO_REFUND) ledger.addEdit(at, EDIT.refund, refund, 0);
          else nesting.jump(label, at, false);
          nesting.current = DEAD;
          break;
        }
        case OP.brIf: {
          const label = r.u32();
          const refund = nesting.exitLoop(label, EXIT.brIf);
          if (refund !== NO_REFUND) ledger.addEdit(at, EDIT.refundIf, refund, r.at - at);
          else nesting.jumpIf(label, at, r.at);
          break;
        }
        case OP.brOnNull:
        case OP.brOnNonNull:
          noteOpcode(op, use);
          nesting.jumpIf(r.u32(), at, r.at);
          break;
        case OP.brTable: {
          const labels = r.count();
          for (let i = 0; i <= labels; i++) nesting.jump(r.u32(), at, true);
          nesting.current = DEAD;
          break;
        }
        case OP.return: {
          const refund = nesting.exitLoop(nesting.depth, EXIT.return);
          if (refund !== NO_REFUND) ledger.addEdit(at, EDIT.refund, refund, 0);
          // Also where nothing gets there: what is not reached has to have the right types as well.
          ledger.addEdit(at, EDIT.return, 0, 0);
          nesting.return();
          break;
        }
        case OP.call:
          this.#call(at, r.u32());
          break;
        case OP.callIndirect:
        case OP.callRef:
          this.#beforeIndirect(op, at);
          ledger.addEdit(r.at, EDIT.afterIndirect, 0, 0);
          this.#afterCall();
          break;
        case OP.returnCall:
          this.#returnCall(at, r.u32());
          break;
        case OP.returnCallIndirect:
        case OP.returnCallRef:
          this.#beforeIndirect(op, at);
          nesting.leave();
          break;
        case OP.refFunc: {
          const index = r.u32();
          this.#layout.codeReferences.add(index);
          this.#reference(index, p);
          break;
        }
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
        case OP.memoryGrow:
          {
            const wide = this.#layout.wideMemories[r.u32()] === true;
            if (before !== DEAD) this.#grow(at, 1, wide);
          }
          break;
        case OP.selectTyped:
          for (let i = r.count(); i > 0; i--) valueType(r, use);
          break;
        case OP.refNull:
          heapType(r, use);
          break;
        case OP.refEq:
        case OP.refAsNonNull:
          noteOpcode(op, use);
          break;
        case OP.prefixGc:
          this.#gc(at, previous);
          break;
        case OP.prefixSimd:
          simdImmediates(r, use);
          break;
        case OP.prefixMisc:
          this.#misc(at, previous);
          break;
        default:
          if (kind !== I.COUNTED) throw refusedOpcode(op, use);
      }
      height = this.#work.operator(op, p, height);
      p = r.at;
      previous = at;
    }
    throw malformed("function without end", end);
  }

  /** Reads a block's type and notes a type index; answers whether a block of the type has no results. */
  #blockType(): boolean {
    const r = this.#reader;
    const at = r.at;
    const type = blockType(r, this.#layout.use);
    if (type < 0) return type === NO_RESULT;
    if (type >= this.#layout.typeResults.length) throw malformed("unknown type index", at);
    this.#layout.blockTypes.add(type);
    this.#ledger.addEdit(at, EDIT.blockType, type, r.at - at);
    return this.#layout.typeResults[type]!.count === 0;
  }

  #call(at: number, callee: number): void {
    const nesting = this.#nesting;
    nesting.traits |= TRAIT.calls;
    nesting.call(at);
    this.#ledger.addEdit(at, EDIT.call, callee, nesting.current);
    this.#afterCall();
  }

  /** A call of which only the type is known: through a table or through a reference. */
  #beforeIndirect(op: number, at: number): void {
    const r = this.#reader;
    const nesting = this.#nesting;
    const type = r.u32();
    nesting.call(at);
    nesting.traits |= TRAIT.variable;
    if (op === OP.callRef || op === OP.returnCallRef) {
      noteOpcode(op, this.#layout.use);
      nesting.traits |= TRAIT.callsReferences;
      this.#ledger.addEdit(at, EDIT.beforeCallRef, type, 0);
      return;
    }
    const wide = this.#layout.wideTables[r.u32()] === true;
    nesting.traits |= wide ? TRAIT.wide : TRAIT.indirect;
    this.#ledger.addEdit(at, EDIT.beforeIndirect, wide ? 1 : 0, 0);
  }

  #afterCall(): void {
    if (!this.#unwinds || this.#nesting.current === DEAD) return;
    this.#nesting.mayThrow();
    this.#nesting.startAccount(this.#reader.at, EDIT.charge);
  }

  /** A tail call of an imported function goes through one that has the counter among its results. */
  #returnCall(at: number, callee: number): void {
    const nesting = this.#nesting;
    this.#ledger.addEdit(at, EDIT.beforeTailCall, 0, 0);
    this.#reference(callee, at + 1);
    nesting.traits |= TRAIT.variable;
    nesting.leave();
  }

  /** A function whose index stands at `place` is reached in another way than by a call, so that nobody can pay for it. */
  #reference(index: number, place: number): void {
    const { importedFunctions, referenced, referencedImports } = this.#layout;
    referenced[index] = 1;
    if (index >= importedFunctions.length) return;
    referencedImports.add(index);
    this.#ledger.addEdit(place, EDIT.importReference, index, this.#reader.at - place);
  }

  #grow(at: number, memory: number, wide: boolean): void {
    this.#nesting.traits |= TRAIT.variable | (wide ? TRAIT.wide : TRAIT.grows);
    this.#ledger.addEdit(at, EDIT.beforeGrow, wide ? 1 : 0, 0);
    this.#ledger.addEdit(this.#reader.at, EDIT.afterGrow, memory, wide ? 1 : 0);
  }

  /** An operation whose amount of work is on top of the stack; answers it where it is a short constant, or else -1. */
  #bulk(at: number, previous: number, wide: boolean): number {
    const account = this.#nesting.current;
    const length = wide ? -1 : shortConstant(this.#layout.bytes, previous);
    if (length >= 0 && length <= UNCHECKED_LENGTH) {
      this.#ledger.totals[account]! += length;
      return length;
    }
    this.#nesting.traits |= TRAIT.variable | (wide ? TRAIT.wide : TRAIT.bulk);
    this.#ledger.addEdit(at, EDIT.bulk, wide ? 1 : 0, 0);
    return -1;
  }

  #misc(at: number, previous: number): void {
    const r = this.#reader;
    const { use, wideMemories, wideTables } = this.#layout;
    const op = r.u32();
    const kind = this.#opcodes.misc[op] ?? I.UNKNOWN;
    if (kind === I.UNKNOWN) throw refusedMiscOpcode(op, use);
    const first = kind === I.NONE ? 0 : r.u32();
    const second = kind === I.LEB2 ? r.u32() : first;
    if (this.#nesting.current === DEAD) return;
    switch (op) {
      case MISC.tableGrow:
        this.#grow(at, 0, wideTables[first] === true);
        return;
      case MISC.tableFill:
      case MISC.tableCopy:
        this.#bulk(at, previous, wideTables[first] === true && wideTables[second] === true);
        return;
      case MISC.memoryFill:
      case MISC.memoryCopy:
        this.#bulk(at, previous, wideMemories[first] === true && wideMemories[second] === true);
        return;
      case MISC.memoryInit:
      case MISC.tableInit:
        this.#bulk(at, previous, false);
    }
  }

  #gc(at: number, previous: number): void {
    const r = this.#reader;
    const nesting = this.#nesting;
    const { effect, bytes, label } = gcInstruction(r, this.#layout);
    if (nesting.current === DEAD && effect !== GC_EFFECT.branches) return;
    switch (effect) {
      case GC_EFFECT.branches:
        nesting.jumpIf(label, at, r.at);
        return;
      case GC_EFFECT.makes:
        this.#allocate(at, bytes, 0);
        return;
      case GC_EFFECT.makesArray: {
        const length = this.#bulk(at, previous, false);
        if (length >= 0) this.#allocate(at, objectBytes(bytes, length), 0);
        else this.#allocate(at, objectBytes(bytes, 0), bytes);
        return;
      }
      case GC_EFFECT.bulk:
        this.#bulk(at, previous, false);
    }
  }

  #allocate(at: number, bytes: number, each: number): void {
    this.#nesting.traits |= TRAIT.variable;
    this.#ledger.addEdit(at, EDIT.allocate, bytes, each);
  }
}
