/** A small deterministic generator (mulberry32): one seed, one module. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  }
}

export const ADD_WIDE_LENGTH = "global.get $n\nlocal.get $len64\ni64.add\nglobal.set $n";
export const ADD_LENGTH = "global.get $n\nlocal.get $len\ni64.extend_i32_u\ni64.add\nglobal.set $n";
/** The text of one body, which counts itself where it is the oracle. */
export class CountedLines {
  readonly dice: Dice;
  readonly counting: boolean;
  lines: string[] = [];
  /** For labels of their own. */
  names = 0;

  constructor(dice: Dice, counting: boolean) {
    this.dice = dice;
    this.counting = counting;
  }

  op(text: string, cost = 1): void {
    this.count(cost);
    this.lines.push(text);
  }

  count(cost: number): void {
    if (this.counting && cost > 0) this.lines.push(`global.get $n\ni64.const ${cost}\ni64.add\nglobal.set $n`);
  }

  /** Counts what is on top of the stack, which stays there. */
  countTop(): void {
    if (!this.counting) return;
    this.lines.push("local.tee $len");
    this.lines.push(ADD_LENGTH);
  }

  step(operator: string): void {
    this.op("local.get 0");
    this.op(`i32.const ${this.dice.roll(64)}`);
    this.op(operator);
    this.op("local.set 0");
  }
}
