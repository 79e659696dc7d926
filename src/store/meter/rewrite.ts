import type { BinaryWriter } from "./binary-writer.ts";
import { CounterCode, IN_GLOBAL, IN_LOCAL, PAID_BY_CALLER } from "./counter-code.ts";
import type { ModuleLayout } from "./layout.ts";
import { EDIT, EDIT_SIZE, type Ledger, TRAIT } from "./ledger.ts";
import { OP } from "./opcodes.ts";
import { overBound } from "./refusal.ts";

const I32 = 0x7f;
const I64 = 0x7e;

/** No edit writes more than this: at most 14 opcodes with immediates of at most 10 bytes, most far shorter. */
const EDIT_ROOM = 96;
/** Room for declarations, entry, exit and wrapper. */
const BODY_ROOM = 192;

/** V8 compiles no larger body (kV8MaxWasmFunctionSize); only code that is nearly all calls or grows gets there. */
const ENGINE_FUNCTION_BYTES = 7_654_321;

/** The most that the caller pays in a leaf's stead: small, so that what runs between two checks stays bounded. */
const LEAF_COST = 64;

/** Indices of what the meter adds to a module; all are appended, so that no index of the module's own changes. */
export interface MeterIndices {
  readonly fuel: number;
  readonly growFailed: number;
  /** Block type of a wrapper for a function with the results of this type index: a value type byte or a type index. */
  resultBlock(type: number): number;
}

/**
 * Phase 2: copies each body and applies the ledger's edits. The counter stays in the global where that takes fewer
 * memory accesses, or else in a local that is loaded at entry, stored before calls and loaded after them.
 */
export class BodyRewriter {
  readonly #layout: ModuleLayout;
  readonly #ledger: Ledger;
  readonly #indices: MeterIndices;
  readonly #out: BinaryWriter;
  /** By defined function: its constant cost where callers pay it, or 0. */
  readonly #leafCost: Uint8Array;
  readonly #code: CounterCode;

  constructor(layout: ModuleLayout, ledger: Ledger, indices: MeterIndices, out: BinaryWriter) {
    this.#layout = layout;
    this.#ledger = ledger;
    this.#indices = indices;
    this.#out = out;
    this.#code = new CounterCode(out, indices.fuel, indices.growFailed);
    const count = layout.functionTypes.length;
    this.#leafCost = new Uint8Array(count);
    for (let i = 0; i < count; i++) this.#leafCost[i] = this.#constantCost(i);
  }

  /** Writes the code section's contents. */
  all(): void {
    const out = this.#out;
    const { bodies, functionTypes } = this.#layout;
    const count = functionTypes.length;
    out.reserve(5);
    out.u32(count);
    for (let i = 0; i < count; i++) {
      const size = bodies[i * 2 + 1]! - bodies[i * 2]!;
      const edits = (this.#ledger.firstEdit[i + 1]! - this.#ledger.firstEdit[i]!) / EDIT_SIZE;
      out.reserve(size + edits * EDIT_ROOM + BODY_ROOM);
      const span = out.open(size + (size >> 2) + 16);
      this.#body(i);
      const written = out.at - span.start;
      if (written > ENGINE_FUNCTION_BYTES)
        throw overBound(`the metered size of function ${i} in bytes`, written, ENGINE_FUNCTION_BYTES);
      out.close(span);
    }
  }

  #constantCost(i: number): number {
    const { traits, totals, firstAccount } = this.#ledger;
    if ((traits[i]! & TRAIT.variable) !== 0) return 0;
    if (this.#layout.referenced[i + this.#layout.imports.length] === 1) return 0;
    const first = firstAccount[i]!;
    if (totals[first]! > LEAF_COST) return 0;
    for (let account = first + 1; account < firstAccount[i + 1]!; account++) if (totals[account]! > 0) return 0;
    return totals[first]!;
  }

  /** A leaf that costs little needs no check of its own: its caller has one at its entry or loop. */
  #shortLeaf(i: number): boolean {
    const { traits, totals, firstAccount } = this.#ledger;
    if ((traits[i]! & TRAIT.variable) !== 0) return false;
    let sum = 0;
    for (let account = firstAccount[i]!; account < firstAccount[i + 1]!; account++) sum += totals[account]!;
    return sum <= LEAF_COST;
  }

  #calleeCost(callee: number): number {
    return callee < 0 ? 0 : (this.#leafCost[callee - this.#layout.imports.length] ?? 0);
  }

  /** Adds leaves to the accounts that pay for them and weighs the memory accesses of both modes. */
  #chooseMode(i: number): number {
    if (this.#leafCost[i]! > 0) return PAID_BY_CALLER;
    const { edits, totals, weights, firstEdit, firstAccount } = this.#ledger;
    let global = 2;
    let local = 1;
    let behind = false;
    const end = firstEdit[i + 1]!;
    for (let at = firstEdit[i]!; at < end; at += EDIT_SIZE) {
      const kind = edits[at + 1]!;
      if (kind === EDIT.beforeCall) {
        const account = edits[at + 3]!;
        const cost = this.#calleeCost(edits[at + 2]!);
        if (cost > 0) totals[account]! += cost;
        else {
          // A store before the call and a load at the next use; neither between two calls in a row.
          if (!behind) local += 2 * weights[account]!;
          behind = true;
        }
      } else if (kind !== EDIT.afterCall) behind = false;
    }
    if (!behind) local++;
    const last = firstAccount[i + 1]!;
    for (let account = firstAccount[i]! + 1; account < last; account++)
      if (totals[account]! > 0) global += 2 * weights[account]!;
    return global <= local ? IN_GLOBAL : IN_LOCAL;
  }

  #body(i: number): void {
    const { bytes, bodies, functionTypes } = this.#layout;
    const { edits, firstEdit, firstAccount, traits, totals, locals } = this.#ledger;
    const out = this.#out;
    const code = this.#code;
    const mode = this.#chooseMode(i);
    code.mode = mode;
    const start = bodies[i * 2]!;
    const end = bodies[i * 2 + 1]!;
    if (mode === PAID_BY_CALLER) {
      out.run(bytes, start, end);
      return;
    }
    let at = this.#declareLocals(start, traits[i]!, locals[i]!);
    code.behind = true;
    code.charge(totals[firstAccount[i]!]!, !this.#shortLeaf(i));
    const wrapped = mode === IN_LOCAL && (traits[i]! & TRAIT.returns) !== 0;
    if (wrapped) {
      out.byte(OP.block);
      out.u32(this.#indices.resultBlock(functionTypes[i]!));
    }
    const lastEdit = firstEdit[i + 1]!;
    for (let edit = firstEdit[i]!; edit < lastEdit; edit += EDIT_SIZE) {
      const place = edits[edit]!;
      if (place > at) {
        out.run(bytes, at, place);
        at = place;
      }
      at += this.#apply(edits[edit + 1]!, edits[edit + 2]!);
    }
    if (mode === IN_GLOBAL) {
      out.run(bytes, at, end);
      return;
    }
    out.run(bytes, at, end - 1);
    if (wrapped) {
      code.sync();
      out.byte(OP.end);
    }
    code.flush();
    out.byte(OP.end);
  }

  /** Applies one edit; answers how many bytes of the original it replaces. */
  #apply(kind: number, a: number): number {
    const { totals } = this.#ledger;
    const code = this.#code;
    switch (kind) {
      case EDIT.charge:
        if (totals[a]! > 0) code.charge(totals[a]!, false);
        return 0;
      case EDIT.loop:
        code.charge(totals[a]!, true);
        return 0;
      case EDIT.beforeCall:
        if (this.#calleeCost(a) === 0) code.flush();
        return 0;
      case EDIT.afterCall:
        if (this.#calleeCost(a) === 0) code.behind = true;
        return 0;
      case EDIT.flush:
        // What follows is not reached from here, but by ways on which the local counter is the true one.
        code.flush();
        code.behind = false;
        return 0;
      case EDIT.handler:
        code.behind = true;
        return 0;
      case EDIT.sync:
        code.sync();
        return 0;
      case EDIT.return:
        if (code.mode !== IN_LOCAL) return 0;
        this.#out.byte(OP.br);
        this.#out.u32(a);
        return 1;
      case EDIT.bulk:
        code.bulk();
        return 0;
      case EDIT.beforeGrow:
        code.beforeGrow();
        return 0;
      default:
        code.afterGrow(a === 1);
        return 0;
    }
  }

  /** Copies the declarations with the meter's own behind them; answers where the code starts. */
  #declareLocals(start: number, traits: number, locals: number): number {
    const { bytes } = this.#layout;
    const out = this.#out;
    let at = start;
    let groups = 0;
    let factor = 1;
    do {
      groups += (bytes[at]! & 0x7f) * factor;
      factor *= 128;
    } while (bytes[at++]! >= 0x80);
    const declared = at;
    for (let group = 0; group < groups; group++) {
      while (bytes[at++]! >= 0x80);
      at++;
    }
    const code = this.#code;
    const counters = code.mode === IN_LOCAL ? 1 : 0;
    const amounts = (traits & TRAIT.grows) !== 0 ? 2 : (traits & TRAIT.bulk) !== 0 ? 1 : 0;
    out.u32(groups + counters + (amounts > 0 ? 1 : 0));
    out.run(bytes, declared, at);
    code.counter = locals;
    code.amount = locals + counters;
    code.answer = code.amount + 1;
    if (counters > 0) {
      out.byte(1);
      out.byte(I64);
    }
    if (amounts > 0) {
      out.byte(amounts);
      out.byte(I32);
    }
    return at;
  }
}
