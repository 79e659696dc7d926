import type { BinaryWriter } from "./binary-writer.ts";
import { BodyCopy } from "./body-copy.ts";
import type { BodyCosts } from "./body-costs.ts";
import { BodyLocals } from "./body-locals.ts";
import { CounterCode, type MeterGlobals } from "./counter-code.ts";
import { EDIT_ROOM, EditCode } from "./edit-code.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, EDIT_SIZE, type Ledger, TRAIT } from "./ledger.ts";
import { afterLeb } from "./local-declarations.ts";
import { OP } from "./opcodes.ts";
import { mostPaidAhead } from "./refunds.ts";
import { overBound } from "./refusal.ts";
import type { Signatures } from "./signatures.ts";

const VOID = 0x40;
/** Room for declarations, entry, exit and wrapper. */
const BODY_ROOM = 192;

/** V8 compiles no larger body (kV8MaxWasmFunctionSize); only code that is nearly all calls or grows gets there. */
const ENGINE_FUNCTION_BYTES = 7_654_321;

/** Phase 2: copies each body and applies the ledger's edits. The counter comes as a parameter and leaves as a result. */
export class BodyRewriter {
  readonly #layout: ModuleLayout;
  readonly #ledger: Ledger;
  readonly #costs: BodyCosts;
  readonly #signatures: Signatures;
  readonly #out: BinaryWriter;
  readonly #code: CounterCode;
  readonly #copy: BodyCopy;
  readonly #locals: BodyLocals;
  readonly #edits: EditCode;

  constructor(
    layout: ModuleLayout,
    ledger: Ledger,
    costs: BodyCosts,
    signatures: Signatures,
    globals: MeterGlobals,
    out: BinaryWriter,
  ) {
    this.#layout = layout;
    this.#ledger = ledger;
    this.#costs = costs;
    this.#signatures = signatures;
    this.#out = out;
    this.#code = new CounterCode(out, globals);
    this.#copy = new BodyCopy(layout, ledger, out);
    this.#locals = new BodyLocals(layout, ledger, this.#code, out);
    this.#edits = new EditCode(layout, ledger, signatures, {
      out,
      code: this.#code,
      copy: this.#copy,
      locals: this.#locals,
    });
  }

  /** Writes the bodies of all functions that the module defines. */
  all(): void {
    const out = this.#out;
    const { bodies, functionTypes, importedFunctions } = this.#layout;
    for (let i = 0; i < functionTypes.length; i++) {
      const start = bodies[i * 2]!;
      const end = bodies[i * 2 + 1]!;
      const size = end - start;
      const edits = (this.#ledger.firstEdit[i + 1]! - this.#ledger.firstEdit[i]!) / EDIT_SIZE;
      out.reserve(size + edits * EDIT_ROOM + BODY_ROOM);
      const span = out.open(size + (size >> 2) + 16);
      if (this.#costs.paidByCaller(i + importedFunctions.length) > 0) this.#bare(i, start, end);
      else this.#metered(i, start, end);
      const written = out.at - span.start;
      if (written > ENGINE_FUNCTION_BYTES)
        throw overBound(`the metered size of function ${i} in bytes`, written, ENGINE_FUNCTION_BYTES);
      out.close(span);
    }
  }

  /** A body whose callers pay for it: only indices change, and an `unreachable` says that it is the module's. */
  #bare(i: number, start: number, end: number): void {
    const { edits, firstEdit } = this.#ledger;
    const copy = this.#copy;
    let at = start;
    for (let edit = firstEdit[i]!; edit < firstEdit[i + 1]!; edit += EDIT_SIZE) {
      const place = edits[edit]!;
      const kind = edits[edit + 1]!;
      if (kind !== EDIT.blockType && kind !== EDIT.importReference && kind !== EDIT.unreachable) continue;
      copy.plain(at, place);
      at = place;
      if (kind === EDIT.unreachable) this.#code.markTrap();
      else at += this.#edits.apply(place, kind, edits[edit + 2]!, edits[edit + 3]!);
    }
    copy.plain(at, end);
  }

  #metered(i: number, start: number, end: number): void {
    const { functionTypes } = this.#layout;
    const { edits, firstEdit, firstAccount, traits, totals } = this.#ledger;
    const out = this.#out;
    const code = this.#code;
    const copy = this.#copy;
    const applied = this.#edits;
    const costs = this.#costs;
    const type = functionTypes[i]!;
    let at = this.#locals.declare(i, start);
    copy.begin(i, this.#locals.moved);
    costs.payForCallees(i);
    code.slack = mostPaidAhead(this.#ledger, i);
    // Where an exception branches to a label, nothing could bring a local counter up to date.
    code.inGlobal = (traits[i]! & TRAIT.catches) !== 0;
    code.enter();
    code.charge(totals[firstAccount[i]!]!, !costs.short(i));
    const wrapped = (traits[i]! & TRAIT.branchesOut) !== 0;
    if (wrapped) {
      out.byte(OP.block);
      this.#resultType(type);
    }
    const lastEdit = firstEdit[i + 1]!;
    for (let edit = firstEdit[i]!; edit < lastEdit; edit += EDIT_SIZE) {
      const kind = edits[edit + 1]!;
      const a = edits[edit + 2]!;
      // What writes nothing need not part the run that it stands in.
      if (kind === EDIT.charge ? totals[a] === 0 : kind === EDIT.call && costs.paidByCaller(a) > 0) continue;
      const place = edits[edit]!;
      if (place > at) {
        copy.run(at, place);
        at = place;
      }
      if (kind === EDIT.charge) code.charge(totals[a]!, false);
      else at += applied.apply(place, kind, a, edits[edit + 3]!);
    }
    copy.run(at, end - 1);
    if (wrapped) out.byte(OP.end);
    code.push();
    out.byte(OP.end);
  }

  /** The type of a block with the results of a function type and no parameters. */
  #resultType(type: number): void {
    const { bytes, typeResults } = this.#layout;
    const results = typeResults[type]!;
    const out = this.#out;
    if (results.count === 0) out.byte(VOID);
    else if (results.count === 1) out.run(bytes, afterLeb(bytes, results.start), results.end);
    else out.signed(this.#signatures.results(type));
  }
}
