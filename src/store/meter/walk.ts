import { BinaryReader } from "./binary-reader.ts";
import type { ModuleBounds } from "./bounds.ts";
import { blockType, shortConstant, simdImmediates } from "./immediates.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, type Ledger, TRAIT } from "./ledger.ts";
import { DEAD, FRAME, Nesting } from "./nesting.ts";
import * as I from "./opcodes.ts";
import { malformed, overBound, unsupported } from "./refusal.ts";
import { valueType } from "./section-items.ts";
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
  #work: WorkBounds;
  #unwinds = false;

  constructor(layout: ModuleLayout, bounds: ModuleBounds, ledger: Ledger) {
    this.#layout = layout;
    this.#bounds = bounds;
    this.#work = new WorkBounds(bounds);
    this.#ledger = ledger;
    this.#nesting = keptNesting(ledger, bounds);
    this.#reader = new BinaryReader(layout.bytes, 0, layout.bytes.length);
  }

  /** Answers false where the walk met a `try` while every call was thought to come back. */
  all(unwinds: boolean): boolean {
    const { bodies, functionTypes, typeParameters } = this.#layout;
    const ledger = this.#ledger;
    const count = functionTypes.length;
    this.#unwinds = unwinds;
    this.#work = new WorkBounds(this.#bounds);
    ledger.begin(count);
    for (let i = 0; i < count; i++) {
      ledger.firstEdit[i] = ledger.editsEnd;
      ledger.firstAccount[i] = ledger.accountsEnd;
      const locals = this.#locals(bodies[i * 2]!, bodies[i * 2 + 1]!, typeParameters[functionTypes[i]!]!);
      ledger.locals[i] = locals;
      if (!this.#body(this.#reader.at, bodies[i * 2 + 1]!, locals)) return false;
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
      valueType(r);
    }
    this.#reader.at = r.at;
    return sum;
  }

  #body(start: number, end: number, locals: number): boolean {
    const bytes = this.#layout.bytes;
    const r = this.#reader;
    const ledger = this.#ledger;
    const nesting = this.#nesting;
    let p = start;
    let previous = start;
    let control = 0;
    /** Cost met since the last write to the current account. */
    let sum = 0;
    /** Whether a call since the last operator that steers control left a local counter behind the global one. */
    let behind = false;
    nesting.beginFunction();
    while (p < end) {
      const at = p;
      const op = bytes[p++]!;
      const kind = I.IMMEDIATE[op]!;
      if (kind <= I.LAST_PLAIN) {
        sum += I.COST[op]!;
        if (kind === I.LEB) while (bytes[p++]! >= 0x80);
        else if (kind === I.MEMARG) {
          if (bytes[p]! >= 0x40) throw unsupported("a memory index in a load or store (multi-memory)");
          p++;
          while (bytes[p++]! >= 0x80);
        } else if (kind !== I.NONE) p += kind === I.BYTES4 ? 4 : 8;
        previous = at;
        continue;
      }
      if (kind === I.UNKNOWN) throw unsupported(I.refusedOpcode(op));
      sum += I.COST[op]!;
      const before = nesting.current;
      if (op !== OP.prefixSimd && op !== OP.selectTyped && op !== OP.refNull) {
        if (before !== DEAD) ledger.totals[before]! += sum;
        sum = 0;
      }
      if (behind && I.STEERS[op] === 1) {
        if (before !== DEAD && (op !== OP.end || nesting.depth > 0)) ledger.addEdit(at, EDIT.sync, 0, 0);
        behind = false;
      }
      r.at = p;
      switch (op) {
        case OP.block:
        case OP.loop:
        case OP.if:
        case OP.try:
          control++;
          if (op === OP.try && !this.#unwinds) return false;
          blockType(r);
          nesting.open(op === OP.try ? FRAME.try : op - OP.block + FRAME.block, r.at);
          break;
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
          behind = true;
          break;
        case OP.end:
          if (nesting.depth > 0) nesting.close(p);
          else if (p === end) {
            nesting.endFunction();
            this.#work.endFunction(control, locals);
            return true;
          } else throw malformed("code after the end of a function", p);
          break;
        case OP.delegate:
          if (nesting.kind() !== FRAME.try) throw malformed("delegate without try", at);
          r.u32();
          nesting.close(r.at);
          break;
        case OP.br:
          nesting.jump(r.u32(), at, false);
          nesting.current = DEAD;
          break;
        case OP.brIf: {
          const label = r.u32();
          nesting.jumpIf(label, at, r.at);
          break;
        }
        case OP.brTable: {
          const labels = r.count();
          this.#work.brTable(labels);
          control++;
          for (let i = 0; i <= labels; i++) nesting.jump(r.u32(), at, true);
          nesting.current = DEAD;
          break;
        }
        case OP.return:
          if (before !== DEAD) ledger.addEdit(at, EDIT.return, nesting.depth, 0);
          nesting.jump(nesting.depth, at, false);
          nesting.current = DEAD;
          break;
        case OP.call:
        case OP.callIndirect: {
          const callee = r.u32();
          if (op === OP.callIndirect) r.u32();
          if (before !== DEAD) this.#call(at, op === OP.call ? callee : -1, before);
          behind = true;
          break;
        }
        case OP.returnCall:
        case OP.returnCallIndirect: {
          const callee = r.u32();
          // Nobody is left to pay for a leaf that is called so.
          if (op === OP.returnCall) this.#layout.referenced[callee] = 1;
          else r.u32();
          if (before !== DEAD) ledger.addEdit(at, EDIT.flush, 0, 0);
          nesting.traits |= TRAIT.variable;
          nesting.leave();
          break;
        }
        case OP.throw:
        case OP.rethrow:
          r.u32();
          if (before !== DEAD) ledger.addEdit(at, EDIT.flush, 0, 0);
          nesting.traits |= TRAIT.variable;
          nesting.leave();
          break;
        case OP.unreachable:
          if (before !== DEAD) ledger.addEdit(at, EDIT.flush, 0, 0);
          nesting.current = DEAD;
          break;
        case OP.memoryGrow:
          r.u32();
          if (before !== DEAD) this.#grow(at, 1);
          break;
        case OP.selectTyped:
          for (let i = r.count(); i > 0; i--) valueType(r);
          break;
        case OP.refNull: {
          const type = r.byte();
          if (type !== 0x70 && type !== 0x6f) throw unsupported("ref.null of a typed reference");
          break;
        }
        case OP.prefixSimd:
          simdImmediates(r);
          break;
        case OP.prefixMisc:
          this.#misc(at, previous);
          break;
        default:
          throw unsupported(I.refusedOpcode(op));
      }
      p = r.at;
      previous = at;
    }
    throw malformed("function without end", end);
  }

  #call(at: number, callee: number, account: number): void {
    const { at: after } = this.#reader;
    const ledger = this.#ledger;
    this.#nesting.traits |= TRAIT.variable;
    ledger.addEdit(at, EDIT.beforeCall, callee, account);
    ledger.addEdit(after, EDIT.afterCall, callee, account);
    if (!this.#unwinds) return;
    this.#nesting.mayThrow();
    this.#nesting.startAccount(after, EDIT.charge);
  }

  #grow(at: number, memory: number): void {
    this.#nesting.traits |= TRAIT.variable | TRAIT.grows;
    this.#ledger.addEdit(at, EDIT.beforeGrow, 0, 0);
    this.#ledger.addEdit(this.#reader.at, EDIT.afterGrow, memory, 0);
  }

  #misc(at: number, previous: number): void {
    const r = this.#reader;
    const op = r.u32();
    if (op >= I.MISC_IMMEDIATE.length) throw unsupported(`unknown opcode 0xfc 0x${op.toString(16)}`);
    const kind = I.MISC_IMMEDIATE[op]!;
    if (kind !== I.NONE) r.u32();
    if (kind === I.LEB2) r.u32();
    const account = this.#nesting.current;
    if (account === DEAD) return;
    if (op === MISC.tableGrow) this.#grow(at, 0);
    else if (op === MISC.tableFill || op === MISC.memoryFill || kind === I.LEB2) {
      const length = shortConstant(this.#layout.bytes, previous);
      if (length >= 0 && length <= UNCHECKED_LENGTH) {
        this.#ledger.totals[account]! += length;
        return;
      }
      this.#nesting.traits |= TRAIT.variable | TRAIT.bulk;
      this.#ledger.addEdit(at, EDIT.bulk, 0, 0);
    }
  }
}
