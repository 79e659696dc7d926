import { lebValue } from "./local-declarations.ts";
import { OP } from "./opcodes.ts";

/** Comparisons of what a local was stepped to with where the loop ends; without one, a loop turns until zero. */
const I32_NE = 0x47;
const I32_LT_S = 0x48;
const I32_LT_U = 0x49;

/** Starts and ends are taken up to this, so that no step wraps around. */
const LARGEST = 2 ** 30;

/** No number of turns is known. */
export const UNKNOWN_TURNS = 0;

/**
 * Finds loops whose number of turns stands in the code: a local is set to a constant on the only way to the loop, stepped
 * by a constant at one place in it and nowhere else set, and the jump back compares it with a constant.
 *
 * Told of where locals are set, of joins and of loops in the order of the code. Relies on positions alone, which only grow
 * within a module: what was noted for another function lies before this one.
 */
export class CountedLoops {
  readonly #bytes: Uint8Array;
  /** By local: where the `i32.const` stands that it was last set to; where it was set to else, the negative of that place. */
  readonly setAt: Int32Array;
  /** Where the body starts, and the last place at which ways meet. */
  #start = 0;
  #join = 0;
  /** Places of joins and of starts of the open loops, and how many are open. */
  readonly #joins: number[] = [];
  readonly #loops: number[] = [];
  #open = 0;
  /** The last step that was seen: local, by how much, where what it steps from was set, and where it stands itself. */
  #stepLocal = 0;
  #stepBy = 0;
  #stepFrom = 0;
  #stepAt = 0;
  #stepEnd = 0;

  constructor(bytes: Uint8Array, locals: number) {
    this.#bytes = bytes;
    this.setAt = new Int32Array(locals + 1);
  }

  beginFunction(start: number): void {
    this.#start = start;
    this.#join = start - 1;
    this.#open = 0;
  }

  /** `else`, `end` or a handler at `at`. */
  join(at: number): void {
    this.#join = at;
  }

  openLoop(at: number): void {
    this.#joins[this.#open] = this.#join;
    this.#loops[this.#open++] = at;
    this.#join = at;
  }

  closeLoop(): void {
    this.#open--;
  }

  /**
   * A `local.tee` at `at` of what an addition or subtraction gave, before it is written down; it ends at `end`, and the
   * operators before that one start at `first` and `second`.
   */
  step(local: number, at: number, end: number, first: number, second: number): void {
    const bytes = this.#bytes;
    if (bytes[second] !== OP.i32Const || bytes[first] !== OP.localGet) return;
    if (lebValue(bytes, first + 1) !== local) return;
    this.#stepLocal = local;
    this.#stepBy = (bytes[at - 1] === OP.i32Add ? 1 : -1) * this.#constant(second);
    this.#stepFrom = this.setAt[local]!;
    this.#stepAt = at;
    this.#stepEnd = end;
  }

  /**
   * How often the innermost loop is entered at its head, where the `br_if 0` at `at` is the one jump back:
   * {@link UNKNOWN_TURNS} where that does not stand in the code. The two operators before it start at `second` and
   * `previous`.
   */
  turns(at: number, second: number, previous: number): number {
    const innermost = this.#open - 1;
    const loop = this.#loops[innermost]!;
    if (this.#stepAt <= loop || this.setAt[this.#stepLocal] !== -this.#stepAt) return UNKNOWN_TURNS;
    // Set once before the loop, on the only way to it, and by the step alone within.
    const fromAt = this.#stepFrom;
    if (fromAt < this.#start || fromAt <= this.#joins[innermost]! || fromAt >= loop) return UNKNOWN_TURNS;
    const bytes = this.#bytes;
    const from = this.#constant(fromAt);
    if (this.#stepEnd === at) return turns(from, this.#stepBy, 0, I32_NE);
    if (second !== this.#stepEnd || bytes[second] !== OP.i32Const) return UNKNOWN_TURNS;
    return turns(from, this.#stepBy, this.#constant(second), bytes[previous]!);
  }

  /** The value of an `i32.const`; NaN for one that is negative or of more than four bytes. */
  #constant(at: number): number {
    const bytes = this.#bytes;
    let value = 0;
    let factor = 1;
    for (let i = 1; i <= 4; i++) {
      const byte = bytes[at + i]!;
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 0x80) return (byte & 0x40) !== 0 ? value - factor : value;
    }
    return Number.NaN;
  }
}

function turns(from: number, by: number, to: number, compare: number): number {
  if (!(from >= 0 && from <= LARGEST && to >= 0 && to <= LARGEST) || by === 0 || Number.isNaN(by)) return UNKNOWN_TURNS;
  const count = (to - from) / by;
  if (compare === I32_NE) return Number.isInteger(count) && count >= 1 ? count : UNKNOWN_TURNS;
  // The first turn comes before the first comparison.
  if ((compare === I32_LT_S || compare === I32_LT_U) && by > 0) return Math.max(1, Math.ceil(count));
  return UNKNOWN_TURNS;
}
