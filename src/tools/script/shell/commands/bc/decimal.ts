// Decimal numbers as bc has them: whole figures and a count of those behind the point. Nothing is ever rounded, only cut.

/** `units` / 10^`scale`. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const TEN = 10n;
const ten = (power: number): bigint => TEN ** BigInt(power);

export const ZERO: Decimal = { units: 0n, scale: 0 };
export const ONE: Decimal = { units: 1n, scale: 0 };

export const whole = (units: bigint | number): Decimal => ({ units: BigInt(units), scale: 0 });

/** The same value with so many figures behind the point; those beyond are cut. */
export function withScale({ units, scale }: Decimal, to: number): Decimal {
  if (to === scale) return { units, scale };
  return { units: to > scale ? units * ten(to - scale) : units / ten(scale - to), scale: to };
}

export const integerOf = (value: Decimal): bigint => withScale(value, 0).units;
export const isZero = ({ units }: Decimal): boolean => units === 0n;
export const negated = ({ units, scale }: Decimal): Decimal => ({ units: -units, scale });

export function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const [left, right] = [withScale(a, scale).units, withScale(b, scale).units];
  return left < right ? -1 : left > right ? 1 : 0;
}

export function sum(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: withScale(a, scale).units + withScale(b, scale).units, scale };
}

export const difference = (a: Decimal, b: Decimal): Decimal => sum(a, negated(b));

export function product(a: Decimal, b: Decimal, scale: number): Decimal {
  const full = { units: a.units * b.units, scale: a.scale + b.scale };
  return withScale(full, Math.min(full.scale, Math.max(scale, a.scale, b.scale)));
}

/** The divisor is not zero. */
export function quotient(a: Decimal, b: Decimal, scale: number): Decimal {
  return { units: (a.units * ten(scale + b.scale)) / (b.units * ten(a.scale)), scale };
}

export function remainder(a: Decimal, b: Decimal, scale: number): Decimal {
  const taken = quotient(a, b, scale);
  const full = { units: taken.units * b.units, scale: taken.scale + b.scale };
  return withScale(difference(a, full), Math.max(scale + b.scale, a.scale));
}

export function power(base: Decimal, exponent: bigint, scale: number): Decimal {
  const count = exponent < 0n ? -exponent : exponent;
  const full = { units: base.units ** count, scale: base.scale * Number(count) };
  if (exponent < 0n) return quotient(ONE, full, scale);
  return withScale(full, Math.min(full.scale, Math.max(scale, base.scale)));
}

/** Of a value that is not negative. */
export function squareRoot(value: Decimal, least: number): Decimal {
  const scale = Math.max(least, value.scale);
  const square = withScale(value, 2 * scale).units;
  let root = 1n << BigInt(Math.ceil(square.toString(2).length / 2));
  if (square === 0n) return { units: 0n, scale };
  for (;;) {
    const next = (root + square / root) / 2n;
    if (next >= root) return { units: root, scale };
    root = next;
  }
}

const DIGITS = "0123456789ABCDEF";

/** Reads figures of a base up to 16; of what is larger than the base, the largest figure counts. */
export function readDecimal(text: string, base: number): Decimal {
  const [before = "", behind = ""] = text.split(".");
  if (base === 10 && /^[0-9]*$/.test(before + behind))
    return { units: BigInt(before + behind || "0"), scale: behind.length };
  const figure = (sign: string): bigint => {
    const value = DIGITS.indexOf(sign);
    return BigInt(text.length === 1 ? value : Math.min(value, base - 1));
  };
  let units = 0n;
  for (const sign of before + behind) units = units * BigInt(base) + figure(sign);
  if (behind === "") return whole(units);
  return quotient(whole(units), whole(BigInt(base) ** BigInt(behind.length)), behind.length);
}

/** The figures of a value in a base, as bc prints them: no zero before the point. */
export function shown(value: Decimal, base: number): string {
  const sign = value.units < 0n ? "-" : "";
  const units = value.units < 0n ? -value.units : value.units;
  if (units === 0n) return "0";
  const one = ten(value.scale);
  const before = units / one;
  let rest = units % one;
  if (base === 10) {
    const behind = value.scale === 0 ? "" : `.${rest.toString().padStart(value.scale, "0")}`;
    return sign + (before === 0n ? "" : before.toString()) + behind;
  }
  const figure = (digit: number): string =>
    base <= 16 ? (DIGITS[digit] as string) : ` ${String(digit).padStart(String(base - 1).length, "0")}`;
  let text = "";
  for (let left = before; left > 0n; left /= BigInt(base)) text = figure(Number(left % BigInt(base))) + text;
  if (value.scale === 0) return sign + text;
  text += ".";
  for (let covered = 1n; covered < one; covered *= BigInt(base)) {
    rest *= BigInt(base);
    text += figure(Number(rest / one));
    rest %= one;
  }
  return sign + text;
}
