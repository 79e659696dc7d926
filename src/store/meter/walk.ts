import { BinaryReader } from "./binary-reader.ts";
import { BodyWalk } from "./body-walk.ts";
import type { ModuleBounds } from "./bounds.ts";
import { CountedLoops } from "./counted-loops.ts";
import type { ModuleLayout } from "./layout.ts";
import type { Ledger } from "./ledger.ts";
import { Nesting } from "./nesting.ts";
import { opcodeTables } from "./opcode-tables.ts";
import { OperatorNotes } from "./operator-notes.ts";
import { overBound } from "./refusal.ts";
import { valueType } from "./value-types.ts";
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
  if (!walkAll(layout, bounds, ledger, exits)) walkAll(layout, bounds, ledger, true);
}

/** Kept between modules, as the ledger is: its arrays have room for the deepest nesting. */
let kept: { ledger: Ledger; bounds: ModuleBounds; nesting: Nesting } | undefined;

function keptNesting(ledger: Ledger, bounds: ModuleBounds): Nesting {
  if (kept?.ledger !== ledger || kept.bounds !== bounds)
    kept = { ledger, bounds, nesting: new Nesting(ledger, bounds) };
  return kept.nesting;
}

/** Answers false where the walk met a `try` while every call was thought to come back. */
function walkAll(layout: ModuleLayout, bounds: ModuleBounds, ledger: Ledger, unwinds: boolean): boolean {
  const { bytes, bodies, functionTypes, typeParameters, typeResults } = layout;
  const count = functionTypes.length;
  const nesting = keptNesting(ledger, bounds);
  const reader = new BinaryReader(bytes, 0, bytes.length);
  const opcodes = opcodeTables(layout.use.allowed);
  const notes = new OperatorNotes(layout, ledger, nesting, reader, opcodes, unwinds);
  const counted = new CountedLoops(bytes, bounds.locals);
  const work = new WorkBounds(bounds, layout);
  const walk = new BodyWalk({ layout, ledger, nesting, reader, opcodes, notes, counted, work }, unwinds);
  ledger.begin(count, count > 0 ? bodies[count * 2 - 1]! - bodies[0]! : 0);
  for (let i = 0; i < count; i++) {
    ledger.beginFunction(i);
    const type = functionTypes[i]!;
    const parameters = typeParameters[type]!.count;
    const end = bodies[i * 2 + 1]!;
    const declarations = new BinaryReader(bytes, bodies[i * 2]!, end);
    const locals = countLocals(declarations, parameters, layout, bounds);
    ledger.locals[i] = locals;
    nesting.beginFunction(typeResults[type]!.count === 0);
    if (!walk.body(declarations.at, end, locals, parameters)) return false;
    ledger.traits[i] = nesting.traits;
  }
  ledger.beginFunction(count);
  return true;
}

/** Reads the declarations of locals; answers how many there are with the parameters. */
function countLocals(r: BinaryReader, parameters: number, layout: ModuleLayout, bounds: ModuleBounds): number {
  let sum = parameters;
  for (let groups = r.count(); groups > 0; groups--) {
    sum += r.u32();
    if (sum > bounds.locals) throw overBound("the number of locals", sum, bounds.locals);
    valueType(r, layout.use);
  }
  return sum;
}
