import type { ModuleBounds } from "./bounds.ts";
import type { ModuleLayout } from "./layout.ts";
import { OP } from "./opcodes.ts";
import { overBound } from "./refusal.ts";
import { NO_RESULT } from "./value-types.ts";

/**
 * Sums up, over one module, the figures that make a compiler slow or large, and refuses at the first that is over its
 * bound. What a compiler has in hand at an operator are the parameters, the locals and the operands on the stack: it
 * copies, merges or spills every one of them wherever control forks or joins, and walks over them at every call.
 */
export class WorkBounds {
  readonly #bounds: ModuleBounds;
  readonly #layout: ModuleLayout;
  /** By nesting depth: height of the stack below a construct's parameters, what it takes and what it leaves. */
  readonly #base: Int32Array;
  readonly #takes: Int32Array;
  readonly #leaves: Int32Array;
  #depth = 0;
  #locals = 0;
  #loops = 0;
  #calls = 0;
  #callValues = 0;
  #tries = false;
  #targets = 0;
  #merged = 0;
  #branched = 0;
  #carried = 0;
  #moduleLocals = 0;
  #moduleCalls = 0;
  #moduleTargets = 0;
  #moduleMerged = 0;
  #moduleBranched = 0;
  #moduleCarried = 0;

  constructor(bounds: ModuleBounds, layout: ModuleLayout) {
    this.#bounds = bounds;
    this.#layout = layout;
    this.#base = new Int32Array(bounds.blockDepth + 2);
    this.#takes = new Int32Array(bounds.blockDepth + 2);
    this.#leaves = new Int32Array(bounds.blockDepth + 2);
  }

  /** The start of a function with so many locals, its parameters among them. */
  beginFunction(locals: number): void {
    this.#depth = 0;
    this.#base[0] = 0;
    this.#takes[0] = 0;
    this.#leaves[0] = 0;
    this.#locals = locals;
    this.#loops = 0;
    this.#calls = 0;
    this.#callValues = 0;
    this.#tries = false;
    this.#targets = 0;
    this.#merged = 0;
    this.#branched = 0;
    this.#carried = 0;
    this.#moduleLocals += locals;
    within("the number of locals of all functions", this.#moduleLocals, this.#bounds.localsPerModule);
  }

  /** Opens a construct of a block type (as `blockType` reads it) where the stack has this height below its condition. */
  open(op: number, type: number, height: number): void {
    const { typeParameters, typeResults } = this.#layout;
    const takes = type < 0 ? 0 : (typeParameters[type]?.count ?? 0);
    const leaves = type < 0 ? (type === NO_RESULT ? 0 : 1) : (typeResults[type]?.count ?? 0);
    const depth = ++this.#depth;
    this.#base[depth] = height - takes;
    this.#takes[depth] = takes;
    this.#leaves[depth] = leaves;
    if (op === OP.try || op === OP.tryTable) {
      this.#tries = true;
      this.countCall();
    }
    if (op === OP.loop) {
      const bounds = this.#bounds;
      this.#loops++;
      within("the number of loops of a function", this.#loops, bounds.loopsPerFunction);
      within("locals times loops of a function", this.#loops * this.#locals, bounds.localsTimesLoops);
    }
    if (op === OP.block) this.#merged += takes + leaves;
    else this.#merged += this.#locals + Math.max(0, height) + leaves;
  }

  /** The second arm of an `if`; answers the height of the stack at its start, as the others do for what follows. */
  arm(): number {
    const depth = this.#depth;
    return this.#base[depth]! + this.#takes[depth]!;
  }

  /** A handler; one of a tag finds what the tag carries on the stack, which the bound of a type's values bounds. */
  handler(tagged: boolean): number {
    const base = this.#base[this.#depth]!;
    this.#merge(base);
    return tagged ? base + this.#bounds.typeValues : base;
  }

  close(): number {
    const depth = this.#depth;
    if (depth > 0) this.#depth--;
    return this.#base[depth]! + this.#leaves[depth]!;
  }

  /** A jump, or a `return`. */
  branch(height: number): void {
    this.#branch(1, height);
  }

  /** A br_table with so many labels beside its default. */
  brTable(labels: number, height: number): void {
    this.#countTargets(labels);
    this.#merge(height);
    this.#branch(Math.min(labels, this.#depth) + 1, height);
  }

  /** The clauses of a `try_table`, each of which jumps to a label as those of a br_table do. */
  catchClauses(count: number): void {
    this.#countTargets(count);
  }

  /** A call of a function of this type. */
  call(type: number | undefined, height: number): number {
    const takes = this.#layout.typeParameters[type ?? -1]?.count ?? 0;
    const leaves = this.#layout.typeResults[type ?? -1]?.count ?? 0;
    this.countCall();
    this.#callValues += takes + leaves;
    if (this.#tries) this.#branch(1, height);
    this.#carried += this.#locals + Math.max(0, height) + leaves;
    return height - takes + leaves;
  }

  /** An operator that becomes a call or several basic blocks. */
  countCall(): void {
    this.#calls++;
  }

  /** The end of a function: holds its sums against their bounds and adds them to the module's. */
  endFunction(): void {
    const bounds = this.#bounds;
    within("the number of calls and bulk operators of a function", this.#calls, bounds.callsPerFunction);
    within("parameters and results of the calls of a function", this.#callValues, bounds.callValues);
    within("values in hand at calls of a function", this.#carried, bounds.carriedValues);
    within("values in hand at branches of a function", this.#branched, bounds.branchedValues);
    within("values merged at control operators of a function", this.#merged, bounds.mergedValues);
    this.#moduleCalls += this.#calls;
    this.#moduleMerged += this.#merged;
    this.#moduleBranched += this.#branched;
    this.#moduleCarried += this.#carried;
    within("the number of calls and bulk operators of all functions", this.#moduleCalls, bounds.callsPerModule);
    within("values merged at control operators", this.#moduleMerged, bounds.mergedValuesPerModule);
    within("values in hand at branches", this.#moduleBranched, bounds.branchedValuesPerModule);
    within("values in hand at calls", this.#moduleCarried, bounds.carriedValuesPerModule);
  }

  #merge(height: number): void {
    this.#merged += this.#locals + Math.max(0, height);
  }

  #branch(targets: number, height: number): void {
    this.#branched += targets * (this.#locals + Math.max(0, height));
  }

  #countTargets(labels: number): void {
    const bounds = this.#bounds;
    this.#targets += labels;
    this.#moduleTargets += labels;
    within("the number of targets of a br_table", labels, bounds.brTablePerTable);
    within("the number of br_table targets of a function", this.#targets, bounds.brTablePerFunction);
    within("the number of br_table targets", this.#moduleTargets, bounds.brTablePerModule);
  }
}

function within(figure: string, size: number, limit: number): void {
  if (size > limit) throw overBound(figure, size, limit);
}
