import type { ModuleBounds } from "./bounds.ts";
import type { ModuleLayout } from "./layout.ts";
import { MISC_HEIGHT, SIMD_HEIGHT } from "./operand-heights.ts";
import { overBound } from "./refusal.ts";

const BLOCK = 0x02;
const LOOP = 0x03;
const TRY = 0x06;
const TRY_TABLE = 0x1f;

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
  #at = 0;
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

  /** Starts over for another walk over the same module. */
  beginModule(): void {
    this.#moduleLocals = 0;
    this.#moduleCalls = 0;
    this.#moduleTargets = 0;
    this.#moduleMerged = 0;
    this.#moduleBranched = 0;
    this.#moduleCarried = 0;
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

  /**
   * An operator that is not a plain one, whose immediates begin at `at`, with the height of the stack after what
   * {@link HEIGHT} says of it; answers the height behind it. The walk has read the immediates before.
   */
  operator(op: number, at: number, height: number): number {
    this.#at = at;
    switch (op) {
      case BLOCK:
      case LOOP:
      case 0x04:
      case TRY:
      case TRY_TABLE:
        this.#open(op, height);
        return height;
      case 0x05: {
        const depth = this.#depth;
        return this.#base[depth]! + this.#takes[depth]!;
      }
      case 0x07:
      case 0x19: {
        const base = this.#base[this.#depth]!;
        this.#merge(base);
        // What a tag carries is on the stack; how much it is, is bounded by the type's own bound.
        return op === 0x07 ? base + this.#bounds.typeValues : base;
      }
      case 0x0b:
      case 0x18: {
        const depth = this.#depth;
        if (depth > 0) this.#depth--;
        return this.#base[depth]! + this.#leaves[depth]!;
      }
      case 0x0c:
      case 0x0d:
      case 0x0f:
      case 0xd5:
      case 0xd6:
        this.#branch(1, height);
        return height;
      case 0x0e: {
        const labels = this.#leb();
        this.#brTable(labels);
        this.#merge(height);
        this.#branch(Math.min(labels, this.#depth) + 1, height);
        return height;
      }
      case 0x10:
      case 0x12: {
        const callee = this.#leb();
        const { importedFunctions, functionTypes } = this.#layout;
        const type = importedFunctions[callee] ?? functionTypes[callee - importedFunctions.length];
        return this.#call(type, height);
      }
      case 0x11:
      case 0x13:
      case 0x14:
      case 0x15:
        return this.#call(this.#leb(), height);
      case 0x40:
      case 0xa8:
      case 0xa9:
      case 0xaa:
      case 0xab:
      case 0xae:
      case 0xaf:
      case 0xb0:
      case 0xb1:
      case 0xd2:
        this.#countCall();
        return height;
      case 0xfc:
        this.#countCall();
        return height + (MISC_HEIGHT[this.#leb()] ?? 1);
      case 0xfd:
        return height + (SIMD_HEIGHT[this.#leb()] ?? 0);
      default:
        return height;
    }
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

  #open(op: number, height: number): void {
    const { bytes, typeParameters, typeResults } = this.#layout;
    const first = bytes[this.#at]!;
    const plain = first >= 0x40 && first < 0x80;
    const type = plain ? 0 : this.#leb();
    const takes = plain ? 0 : (typeParameters[type]?.count ?? 0);
    const leaves = plain ? (first === 0x40 ? 0 : 1) : (typeResults[type]?.count ?? 0);
    const depth = ++this.#depth;
    this.#base[depth] = height - takes;
    this.#takes[depth] = takes;
    this.#leaves[depth] = leaves;
    if (op === TRY || op === TRY_TABLE) {
      this.#tries = true;
      this.#countCall();
    }
    if (op === LOOP) {
      const bounds = this.#bounds;
      this.#loops++;
      within("the number of loops of a function", this.#loops, bounds.loopsPerFunction);
      within("locals times loops of a function", this.#loops * this.#locals, bounds.localsTimesLoops);
    }
    if (op === BLOCK) this.#addMerged(takes + leaves);
    else this.#addMerged(this.#locals + Math.max(0, height) + leaves);
  }

  #merge(height: number): void {
    this.#addMerged(this.#locals + Math.max(0, height));
  }

  #addMerged(values: number): void {
    this.#merged += values;
  }

  #branch(targets: number, height: number): void {
    this.#branched += targets * (this.#locals + Math.max(0, height));
  }

  #call(type: number | undefined, height: number): number {
    const takes = this.#layout.typeParameters[type ?? -1]?.count ?? 0;
    const leaves = this.#layout.typeResults[type ?? -1]?.count ?? 0;
    this.#countCall();
    this.#callValues += takes + leaves;
    if (this.#tries) this.#branch(1, height);
    this.#carried += this.#locals + Math.max(0, height) + leaves;
    return height - takes + leaves;
  }

  #countCall(): void {
    this.#calls++;
  }

  /** The clauses of a `try_table`, each of which jumps to a label as those of a br_table do. */
  catchClauses(count: number): void {
    this.#brTable(count);
  }

  /** A br_table with so many labels beside its default. */
  #brTable(labels: number): void {
    const bounds = this.#bounds;
    this.#targets += labels;
    this.#moduleTargets += labels;
    within("the number of targets of a br_table", labels, bounds.brTablePerTable);
    within("the number of br_table targets of a function", this.#targets, bounds.brTablePerFunction);
    within("the number of br_table targets", this.#moduleTargets, bounds.brTablePerModule);
  }

  /** An unsigned LEB128, which the walk has found to be one. */
  #leb(): number {
    const { bytes } = this.#layout;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
}

function within(figure: string, size: number, limit: number): void {
  if (size > limit) throw overBound(figure, size, limit);
}
