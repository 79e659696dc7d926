import type { BinaryWriter } from "./binary-writer.ts";
import type { BodyCosts } from "./body-costs.ts";
import { CounterCode, type MeterGlobals } from "./counter-code.ts";
import type { ModuleLayout } from "./layout.ts";
import { CALL_SIZE, EDIT, EDIT_SIZE, type Ledger, TRAIT } from "./ledger.ts";
import { afterLeb, LocalDeclarations, lebValue } from "./local-declarations.ts";
import { OP } from "./opcodes.ts";
import { overBound } from "./refusal.ts";
import type { Signatures } from "./signatures.ts";

const VOID = 0x40;

/** No edit writes more than this: at most 14 opcodes with immediates of at most 10 bytes, most far shorter. */
const EDIT_ROOM = 96;
/** Room for declarations, entry, exit and wrapper. */
const BODY_ROOM = 192;

/** Longer runs are copied by the engine's own means, which take as long as this many bytes to begin. */
const SHORT_RUN = 256;
/** What a short run may read beyond its end. */
const RUN_MARGIN = 4;

/** V8 compiles no larger body (kV8MaxWasmFunctionSize); only code that is nearly all calls or grows gets there. */
const ENGINE_FUNCTION_BYTES = 7_654_321;

/** Phase 2: copies each body and applies the ledger's edits. The counter comes as a parameter and leaves as a result. */
export class BodyRewriter {
  readonly #layout: ModuleLayout;
  readonly #ledger: Ledger;
  readonly #costs: BodyCosts;
  readonly #signatures: Signatures;
  readonly #out: BinaryWriter;
  readonly #source: DataView;
  /** No run that ends behind this is a short one. */
  readonly #shortEnd: number;
  readonly #code: CounterCode;
  readonly #declarations = new LocalDeclarations();
  /** By type index: the local of that type of reference. */
  readonly #references = new Map<number, number>();
  /** Where the local goes whose place the counter took. */
  #moved = 0;
  /** Which of the ledger's moves comes next, and where those of the body end. */
  #move = 0;
  #lastMove = 0;

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
    const { buffer, byteOffset, byteLength } = layout.bytes;
    this.#source = new DataView(buffer, byteOffset, byteLength);
    this.#shortEnd = byteLength - RUN_MARGIN;
    this.#code = new CounterCode(out, globals);
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

  /** Copies a stretch of the original, but for the indices of the local that moved. */
  #run(from: number, to: number): void {
    const shift = this.#out.at - from;
    this.#copy(from, to);
    const { moves } = this.#ledger;
    const { bytes } = this.#out;
    for (; this.#move < this.#lastMove && moves[this.#move]! < to; this.#move++)
      bytes[moves[this.#move]! + shift] = this.#moved;
  }

  #copy(from: number, to: number): void {
    if (to - from > SHORT_RUN || to > this.#shortEnd) this.#out.run(this.#layout.bytes, from, to);
    else this.#out.shortRun(this.#source, from, to);
  }

  /** A body whose callers pay for it: only indices change, and an `unreachable` says that it is the module's. */
  #bare(i: number, start: number, end: number): void {
    const { edits, firstEdit } = this.#ledger;
    let at = start;
    for (let edit = firstEdit[i]!; edit < firstEdit[i + 1]!; edit += EDIT_SIZE) {
      const place = edits[edit]!;
      const kind = edits[edit + 1]!;
      if (kind !== EDIT.blockType && kind !== EDIT.importReference && kind !== EDIT.unreachable) continue;
      this.#copy(at, place);
      at = place;
      if (kind === EDIT.unreachable) this.#code.markTrap();
      else at += this.#apply(place, kind, edits[edit + 2]!, edits[edit + 3]!);
    }
    this.#copy(at, end);
  }

  #metered(i: number, start: number, end: number): void {
    const { functionTypes } = this.#layout;
    const { edits, firstEdit, firstMove, firstAccount, traits, totals } = this.#ledger;
    const out = this.#out;
    const code = this.#code;
    const costs = this.#costs;
    const type = functionTypes[i]!;
    let at = this.#declareLocals(i, start);
    this.#move = firstMove[i]!;
    this.#lastMove = firstMove[i + 1]!;
    this.#payForCallees(i);
    code.slack = this.#slack(i);
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
        this.#run(at, place);
        at = place;
      }
      if (kind === EDIT.charge) code.charge(totals[a]!, false);
      else at += this.#apply(place, kind, a, edits[edit + 3]!);
    }
    this.#run(at, end - 1);
    if (wrapped) out.byte(OP.end);
    code.push();
    out.byte(OP.end);
  }

  /** Adds to each account what it pays for its callees. */
  #payForCallees(i: number): void {
    const { calls, firstCall, totals, traits } = this.#ledger;
    if ((traits[i]! & TRAIT.calls) === 0 || !this.#costs.anyPaidByCaller) return;
    for (let at = firstCall[i]!; at < firstCall[i + 1]!; at += CALL_SIZE) {
      const account = calls[at + 1]!;
      if (account >= 0) totals[account]! += this.#costs.paidByCaller(calls[at]!);
    }
  }

  /** The most that may have been paid ahead at a check. */
  #slack(i: number): number {
    const { firstAccount, pinned, totals, traits } = this.#ledger;
    if ((traits[i]! & TRAIT.givesBack) === 0) return 0;
    let slack = 0;
    for (let account = firstAccount[i]!; account < firstAccount[i + 1]!; account++)
      if (pinned[account] === 1) slack += totals[account]!;
    return slack;
  }

  /** Applies one edit; answers how many bytes of the original it replaces. */
  #apply(place: number, kind: number, a: number, b: number): number {
    const { totals, refunds } = this.#ledger;
    const code = this.#code;
    const out = this.#out;
    switch (kind) {
      case EDIT.moved:
        out.u32(this.#moved);
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
        code.pushBelow(this.#references.get(a)!);
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
      this.#run(place, place + length);
      code.load();
    } else {
      code.push();
      this.#run(place, place + length);
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

  /** The type of a block with the results of a function type and no parameters. */
  #resultType(type: number): void {
    const { bytes, typeResults } = this.#layout;
    const results = typeResults[type]!;
    const out = this.#out;
    if (results.count === 0) out.byte(VOID);
    else if (results.count === 1) out.run(bytes, afterLeb(bytes, results.start), results.end);
    else out.signed(this.#signatures.results(type));
  }

  /**
   * Copies the declarations of locals with the meter's own behind them. The counter is a parameter and so takes the
   * place of the first local, which moves to the end. Answers where the code starts.
   */
  #declareLocals(i: number, start: number): number {
    const { bytes, typeParameters, functionTypes } = this.#layout;
    const locals = this.#ledger.locals[i]!;
    const traits = this.#ledger.traits[i]!;
    const code = this.#code;
    code.counter = typeParameters[functionTypes[i]!]!.count;
    this.#moved = locals;
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
