import type { BinaryReader } from "./binary-reader.ts";
import type { WalkParts } from "./body-walk.ts";
import type { CountedLoops } from "./counted-loops.ts";
import { DEAD, FRAME } from "./frames.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, type Ledger, TRAIT } from "./ledger.ts";
import type { Nesting } from "./nesting.ts";
import { noteOpcode } from "./opcode-tables.ts";
import { OP } from "./opcodes.ts";
import type { OperatorNotes } from "./operator-notes.ts";
import { malformed } from "./refusal.ts";
import { catchClauses } from "./try-table.ts";
import type { WorkBounds } from "./work-bounds.ts";

/** What a handler costs where it starts. */
const HANDLER_COST = 1;

/**
 * Says what accounts, loops and bounds learn of the operators of exceptions, legacy and new. Each method is called with
 * the reader behind the opcode and leaves it behind the immediates; `at` is where the operator starts. What is answered is
 * the height of the stack after it.
 */
export class ExceptionOperators {
  readonly #layout: ModuleLayout;
  readonly #reader: BinaryReader;
  readonly #ledger: Ledger;
  readonly #nesting: Nesting;
  readonly #notes: OperatorNotes;
  readonly #counted: CountedLoops;
  readonly #work: WorkBounds;

  constructor({ layout, reader, ledger, nesting, notes, counted, work }: WalkParts) {
    this.#layout = layout;
    this.#reader = reader;
    this.#ledger = ledger;
    this.#nesting = nesting;
    this.#notes = notes;
    this.#counted = counted;
    this.#work = work;
  }

  /** A `try` or a `try_table`. */
  open(op: number, at: number, height: number): number {
    const r = this.#reader;
    const nesting = this.#nesting;
    if (op === OP.tryTable) noteOpcode(op, this.#layout.use);
    const type = this.#notes.blockType();
    if (op === OP.tryTable) this.#clauses(at);
    nesting.open(op === OP.try ? FRAME.try : FRAME.block, r.at, this.#notes.plain(type));
    this.#work.open(op, type, height);
    return height;
  }

  #clauses(at: number): void {
    const nesting = this.#nesting;
    nesting.traits |= TRAIT.catches | TRAIT.variable;
    const labels = catchClauses(this.#reader);
    this.#work.catchClauses(labels.length);
    for (const label of labels) nesting.jump(label, at, true);
  }

  /** A `catch` or `catch_all` of a `try`. */
  handler(op: number, at: number): number {
    const r = this.#reader;
    const nesting = this.#nesting;
    if (nesting.kind() !== FRAME.try && nesting.kind() !== FRAME.catch) throw malformed("catch without try", at);
    if (op === OP.catch) r.u32();
    this.#counted.join(at);
    nesting.nextArm(FRAME.catch, r.at);
    if (nesting.current !== DEAD) this.#ledger.totals[nesting.current]! += HANDLER_COST;
    return this.#work.handler(op === OP.catch);
  }

  /** The end of a `try` whose exceptions go to one further out. */
  delegate(at: number): number {
    const r = this.#reader;
    if (this.#nesting.kind() !== FRAME.try) throw malformed("delegate without try", at);
    r.u32();
    this.#counted.join(at);
    this.#nesting.close(r.at);
    return this.#work.close();
  }

  /** A `throw`, `rethrow` or `throw_ref`: what follows is not reached, so that its stack is of no meaning. */
  throw(op: number, at: number): void {
    const nesting = this.#nesting;
    if (op === OP.throwRef) noteOpcode(op, this.#layout.use);
    else this.#reader.u32();
    if (nesting.current !== DEAD) this.#ledger.addEdit(at, EDIT.flush, 0, 0);
    nesting.traits |= TRAIT.variable;
    nesting.leave();
  }
}
