// The functions of bc -l, by series, with some figures more than are asked for.
import {
  compare,
  type Decimal,
  difference,
  negated,
  ONE,
  product,
  quotient,
  sum,
  whole,
  withScale,
  ZERO,
} from "./decimal.ts";

const MORE = 8;
const HALF: Decimal = { units: 5n, scale: 1 };

/** Adds terms until they vanish. */
function series(
  first: Decimal,
  scale: number,
  next: (term: Decimal, n: number) => Decimal,
  factor: (n: number) => Decimal,
) {
  let term = withScale(first, scale);
  let total = ZERO;
  for (let n = 0; term.units !== 0n; n++) {
    total = sum(total, quotient(term, factor(n), scale));
    term = withScale(next(term, n), scale);
  }
  return withScale(total, scale);
}

export function exponential(x: Decimal, scale: number): Decimal {
  if (x.units < 0n) return quotient(ONE, exponential(negated(x), scale + MORE), scale);
  let halvings = 0;
  let small = x;
  for (; compare(small, ONE) > 0; halvings++) small = quotient(small, whole(2), scale + MORE + halvings);
  const precise = scale + MORE + halvings + String(x.units).length;
  let result = series(
    ONE,
    precise,
    (term, n) => quotient(product(term, small, precise), whole(n + 1), precise),
    () => ONE,
  );
  for (let i = 0; i < halvings; i++) result = withScale(product(result, result, precise), precise);
  return withScale(result, scale);
}

/** Of a value above zero. */
export function logarithm(x: Decimal, scale: number): Decimal {
  const precise = scale + MORE;
  const e = exponential(ONE, precise + 5);
  let value = withScale(x, Math.max(x.scale, precise + 5));
  let wholes = 0;
  for (; compare(value, e) > 0; wholes++) value = quotient(value, e, precise + 5);
  for (; compare(value, HALF) < 0; wholes--) value = withScale(product(value, e, precise + 5), precise + 5);
  const ratio = quotient(difference(value, ONE), sum(value, ONE), precise);
  const square = product(ratio, ratio, precise);
  const half = series(
    ratio,
    precise,
    (term) => product(term, square, precise),
    (n) => whole(2 * n + 1),
  );
  return withScale(sum(whole(wholes), product(half, whole(2), precise)), scale);
}

export function arcTangent(x: Decimal, scale: number): Decimal {
  if (x.units < 0n) return negated(arcTangent(negated(x), scale));
  const precise = scale + MORE;
  if (compare(x, ONE) > 0) {
    const right = withScale(product(arcTangent(ONE, precise), whole(2), precise), precise);
    return withScale(difference(right, arcTangent(quotient(ONE, x, precise), precise)), scale);
  }
  if (compare(x, { units: 2n, scale: 1 }) > 0) {
    // a(x) = a(c) + a((x - c) / (1 + x c)), of c = 1/5
    const fifth: Decimal = { units: 2n, scale: 1 };
    const rest = quotient(difference(x, fifth), sum(ONE, product(x, fifth, precise)), precise);
    return withScale(sum(arcTangent(fifth, precise), arcTangent(rest, precise)), scale);
  }
  const square = negated(product(x, x, precise));
  return withScale(
    series(
      x,
      precise,
      (term) => product(term, square, precise),
      (n) => whole(2 * n + 1),
    ),
    scale,
  );
}

export function sine(x: Decimal, scale: number): Decimal {
  const precise = scale + MORE + String(x.units).length;
  const circle = product(arcTangent(ONE, precise), whole(8), precise);
  const turns = quotient(x, circle, 0);
  const angle = withScale(difference(x, product(turns, circle, precise)), precise);
  const square = negated(product(angle, angle, precise));
  const next = (term: Decimal, n: number): Decimal =>
    quotient(product(term, square, precise), whole((2 * n + 2) * (2 * n + 3)), precise);
  return withScale(
    series(angle, precise, next, () => ONE),
    scale,
  );
}

export function cosine(x: Decimal, scale: number): Decimal {
  const precise = scale + MORE;
  return sine(sum(x, product(arcTangent(ONE, precise), whole(2), precise)), scale);
}
