import type { BinaryReader } from "./binary-reader.ts";
import type { WalkParts } from "./body-walk.ts";
import { DEAD } from "./frames.ts";
import { simdImmediates } from "./immediates.ts";
import type { ModuleLayout } from "./layout.ts";
import type { Nesting } from "./nesting.ts";
import { noteOpcode, OPERATOR, refusedOpcode } from "./opcode-tables.ts";
import * as I from "./opcodes.ts";
import { OP } from "./opcodes.ts";
import { MISC_HEIGHT, SIMD_HEIGHT } from "./operand-heights.ts";
import type { OperatorNotes } from "./operator-notes.ts";
import { heapType } from "./value-types.ts";
import type { WorkBounds } from "./work-bounds.ts";

/** Says what is noted of each operator behind those that steer control: prefixes, references, growth, and what is counted. */
export class OtherOperators {
  readonly #layout: ModuleLayout;
  readonly #reader: BinaryReader;
  readonly #operators: Int16Array;
  readonly #nesting: Nesting;
  readonly #notes: OperatorNotes;
  readonly #work: WorkBounds;

  constructor({ layout, reader, opcodes, nesting, notes, work }: WalkParts) {
    this.#layout = layout;
    this.#reader = reader;
    this.#operators = opcodes.plain;
    this.#nesting = nesting;
    this.#notes = notes;
    this.#work = work;
  }

  /**
   * Takes the operator at `at` with the reader behind its opcode, and leaves that behind its immediates. The operator
   * before it starts at `previous`. Answers the height of the stack after it.
   */
  take(op: number, at: number, previous: number, height: number): number {
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
        if (((this.#operators[op] ?? 0) & OPERATOR.kindMask) !== I.COUNTED) throw refusedOpcode(op, use);
        work.countCall();
    }
    return height;
  }
}
