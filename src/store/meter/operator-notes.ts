import type { BinaryReader } from "./binary-reader.ts";
import { DEAD } from "./frames.ts";
import { GC_EFFECT, gcInstruction } from "./gc-instructions.ts";
import { shortConstant } from "./immediates.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, type Ledger, TRAIT } from "./ledger.ts";
import type { Nesting } from "./nesting.ts";
import { noteOpcode, type OpcodeTables, refusedMiscOpcode } from "./opcode-tables.ts";
import * as I from "./opcodes.ts";
import { MISC, OP } from "./opcodes.ts";
import { malformed } from "./refusal.ts";
import { objectBytes } from "./type-section.ts";
import { blockType, NO_RESULT } from "./value-types.ts";

/** Constant lengths up to this are charged with their account, as Wasmtime does; longer ones are checked first. */
const UNCHECKED_LENGTH = 128;

/**
 * Notes in the ledger what has to be written around operators that call, refer to functions, or cost what their
 * operands say. Each method is called with the reader behind the opcode and leaves it behind the immediates; `at` is
 * where the operator starts. What keeps a module valid is noted also where nothing gets there.
 */
export class OperatorNotes {
  readonly #layout: ModuleLayout;
  readonly #ledger: Ledger;
  readonly #nesting: Nesting;
  readonly #reader: BinaryReader;
  readonly #opcodes: OpcodeTables;
  readonly #unwinds: boolean;

  /** `unwinds`: whether a call may not come back while the run still counts. */
  constructor(
    layout: ModuleLayout,
    ledger: Ledger,
    nesting: Nesting,
    reader: BinaryReader,
    opcodes: OpcodeTables,
    unwinds: boolean,
  ) {
    this.#layout = layout;
    this.#ledger = ledger;
    this.#nesting = nesting;
    this.#reader = reader;
    this.#opcodes = opcodes;
    this.#unwinds = unwinds;
  }

  /** Reads a block's type, and notes and answers it. */
  blockType(): number {
    const r = this.#reader;
    const at = r.at;
    const type = blockType(r, this.#layout.use);
    if (type < 0) return type;
    if (type >= this.#layout.typeResults.length) throw malformed("unknown type index", at);
    this.#layout.blockTypes.add(type);
    this.#ledger.addEdit(at, EDIT.blockType, type, r.at - at);
    return type;
  }

  call(at: number, callee: number): void {
    const nesting = this.#nesting;
    nesting.traits |= TRAIT.calls;
    nesting.call(at);
    this.#ledger.addCall(callee, nesting.current);
    this.#ledger.addEdit(at, EDIT.call, callee, this.#reader.at - at);
    this.afterCall();
  }

  /** Whether a block of the type has no results. */
  plain(type: number): boolean {
    return type < 0 ? type === NO_RESULT : this.#layout.typeResults[type]!.count === 0;
  }

  /** A call of which only the type is known, which is answered: through a table or through a reference. */
  beforeIndirect(op: number, at: number): number {
    const r = this.#reader;
    const nesting = this.#nesting;
    const type = r.u32();
    nesting.call(at);
    nesting.traits |= TRAIT.variable;
    if (op === OP.callRef || op === OP.returnCallRef) {
      noteOpcode(op, this.#layout.use);
      nesting.traits |= TRAIT.callsReferences;
      this.#ledger.addEdit(at, EDIT.beforeCallRef, type, 0);
      return type;
    }
    const wide = this.#layout.wideTables[r.u32()] === true;
    nesting.traits |= wide ? TRAIT.wide : TRAIT.indirect;
    this.#ledger.addEdit(at, EDIT.beforeIndirect, wide ? 1 : 0, 0);
    return type;
  }

  afterCall(): void {
    if (!this.#unwinds || this.#nesting.current === DEAD) return;
    this.#nesting.mayThrow();
    this.#nesting.startAccount(this.#reader.at, EDIT.charge);
  }

  /** A tail call of an imported function goes through one that has the counter among its results. */
  returnCall(at: number, callee: number): void {
    const nesting = this.#nesting;
    this.#ledger.addEdit(at, EDIT.beforeTailCall, 0, 0);
    this.reference(callee, at + 1);
    nesting.traits |= TRAIT.variable;
    nesting.leave();
  }

  /** A function whose index stands at `place` is reached in another way than by a call, so that nobody can pay for it. */
  reference(index: number, place: number): void {
    const { importedFunctions, referenced, referencedImports } = this.#layout;
    referenced[index] = 1;
    if (index >= importedFunctions.length) return;
    referencedImports.add(index);
    this.#ledger.addEdit(place, EDIT.importReference, index, this.#reader.at - place);
  }

  grow(at: number, memory: number, wide: boolean): void {
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

  /** An operator behind the prefix 0xfc, which is answered. */
  misc(at: number, previous: number): number {
    const r = this.#reader;
    const { use, wideMemories, wideTables } = this.#layout;
    const op = r.u32();
    const kind = this.#opcodes.misc[op] ?? I.UNKNOWN;
    if (kind === I.UNKNOWN) throw refusedMiscOpcode(op, use);
    const first = kind === I.NONE ? 0 : r.u32();
    const second = kind === I.LEB2 ? r.u32() : first;
    if (this.#nesting.current === DEAD) return op;
    switch (op) {
      case MISC.tableGrow:
        this.grow(at, 0, wideTables[first] === true);
        break;
      case MISC.tableFill:
      case MISC.tableCopy:
        this.#bulk(at, previous, wideTables[first] === true && wideTables[second] === true);
        break;
      case MISC.memoryFill:
      case MISC.memoryCopy:
        this.#bulk(at, previous, wideMemories[first] === true && wideMemories[second] === true);
        break;
      case MISC.memoryInit:
      case MISC.tableInit:
        this.#bulk(at, previous, false);
    }
    return op;
  }

  gc(at: number, previous: number): void {
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
