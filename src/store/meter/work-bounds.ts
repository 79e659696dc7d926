import type { ModuleBounds } from "./bounds.ts";
import { overBound } from "./refusal.ts";

/** Sums up, over one module, the figures that make a compiler slow, and refuses at the first that is over its bound. */
export class WorkBounds {
  readonly #bounds: ModuleBounds;
  #functionTargets = 0;
  #moduleTargets = 0;
  #moduleWork = 0;

  constructor(bounds: ModuleBounds) {
    this.#bounds = bounds;
  }

  /** A br_table with so many labels beside its default. */
  brTable(labels: number): void {
    const bounds = this.#bounds;
    this.#functionTargets += labels;
    this.#moduleTargets += labels;
    within("the number of targets of a br_table", labels, bounds.brTablePerTable);
    within("the number of br_table targets of a function", this.#functionTargets, bounds.brTablePerFunction);
    within("the number of br_table targets", this.#moduleTargets, bounds.brTablePerModule);
  }

  /** The end of a function with so many operators that open or fork control, and locals with its parameters. */
  endFunction(control: number, locals: number): void {
    const bounds = this.#bounds;
    const work = control * locals;
    this.#moduleWork += work;
    this.#functionTargets = 0;
    within("locals times control operators of a function", work, bounds.localsTimesControl);
    within("locals times control operators", this.#moduleWork, bounds.localsTimesControlPerModule);
  }
}

function within(figure: string, size: number, limit: number): void {
  if (size > limit) throw overBound(figure, size, limit);
}
