import type { BinaryWriter } from "./binary-writer.ts";
import type { CounterCode } from "./counter-code.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, EDIT_SIZE, type Ledger, TRAIT } from "./ledger.ts";
import { LocalDeclarations } from "./local-declarations.ts";

/** Says which locals a metered body has beside its own, and where its own first one goes. */
export class BodyLocals {
  /** Where the local of the last body goes whose place the counter took. */
  moved = 0;
  readonly #layout: ModuleLayout;
  readonly #ledger: Ledger;
  readonly #code: CounterCode;
  readonly #out: BinaryWriter;
  readonly #declarations = new LocalDeclarations();
  /** By type index: the local of that type of reference. */
  readonly #references = new Map<number, number>();

  constructor(layout: ModuleLayout, ledger: Ledger, code: CounterCode, out: BinaryWriter) {
    this.#layout = layout;
    this.#ledger = ledger;
    this.#code = code;
    this.#out = out;
  }

  /**
   * Copies the declarations of locals with the meter's own behind them, and tells the counter's code their indices. The
   * counter is a parameter and so takes the place of the first local, which moves to the end. Answers where the code
   * starts.
   */
  declare(i: number, start: number): number {
    const { bytes, typeParameters, functionTypes } = this.#layout;
    const locals = this.#ledger.locals[i]!;
    const traits = this.#ledger.traits[i]!;
    const code = this.#code;
    code.counter = typeParameters[functionTypes[i]!]!.count;
    this.moved = locals;
    code.amount = locals + 1;
    code.answer = code.amount + 1;
    const amounts = (traits & TRAIT.grows) !== 0 ? 2 : (traits & (TRAIT.bulk | TRAIT.indirect)) !== 0 ? 1 : 0;
    code.wideAmount = code.amount + amounts;
    code.wideAnswer = code.wideAmount + 1;
    const wide = (traits & TRAIT.wide) !== 0 ? 2 : 0;
    this.#references.clear();
    if ((traits & TRAIT.callsReferences) !== 0) this.#placeReferences(i, code.wideAmount + wide);
    const codeStart = this.#declarations.read(bytes, start);
    this.#declarations.writeMoved(this.#out, bytes, {
      narrow: amounts,
      wide,
      references: [...this.#references.keys()],
    });
    return codeStart;
  }

  /** The local for references of a type that the last body calls through. */
  reference(type: number): number {
    return this.#references.get(type)!;
  }

  /** Gives each type of reference that is called through a local, which holds it while the counter goes below it. */
  #placeReferences(i: number, first: number): void {
    const { edits, firstEdit } = this.#ledger;
    for (let at = firstEdit[i]!; at < firstEdit[i + 1]!; at += EDIT_SIZE) {
      const type = edits[at + 2]!;
      if (edits[at + 1] === EDIT.beforeCallRef && !this.#references.has(type))
        this.#references.set(type, first + this.#references.size);
    }
  }
}
