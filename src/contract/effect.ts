/** The five dimensions of an effect, in the order in which they are shown and hashed. */
export const EFFECT_DIMENSIONS = ["risk", "fairness", "privacy", "novelty", "security"] as const;
export type EffectDimension = (typeof EFFECT_DIMENSIONS)[number];

/** What a call may do to the world, each dimension in 0..1. */
export type EffectVector = Readonly<Record<EffectDimension, number>>;

/** An effect as it is written, whose missing dimensions are 0. */
export const wholeEffect = (written: Readonly<Partial<EffectVector>>): EffectVector =>
  Object.fromEntries(EFFECT_DIMENSIONS.map((name) => [name, written[name] ?? 0])) as EffectVector;

/** The largest score: the length of five numbers in 0..1. */
export const LARGEST_SCORE = Math.sqrt(EFFECT_DIMENSIONS.length);

/** Binary fractions such as 0.1 + 0.2 are brought back to nine decimals, so that "equal permits" means what it says. */
export const rounded = (value: number): number => Math.round(value * 1e9) / 1e9;

/** The Euclidean length (L2), to nine decimals. */
export function lengthOf(vector: EffectVector): number {
  let sum = 0;
  for (const dimension of EFFECT_DIMENSIONS) sum += vector[dimension] * vector[dimension];
  return rounded(Math.sqrt(sum));
}

/** One reason why a dimension stands above the tool's base. `reason` is words for a person, bounded and escaped. */
export interface EffectTerm {
  readonly dimension: EffectDimension;
  /** How much this term raised the dimension, 0..1. */
  readonly amount: number;
  readonly reason: string;
}

/**
 * The scored effect of one call. `score` is the Euclidean length of `vector`; it is compared with `threshold`
 * (equal permits, above escalates). `unscored` names the dimensions that were not raised from
 * history because there was none at hand, so that a zero is never mistaken for a measurement.
 */
export interface EffectScore {
  readonly base: EffectVector;
  readonly vector: EffectVector;
  readonly score: number;
  readonly threshold: number;
  readonly terms: readonly EffectTerm[];
  readonly unscored: readonly EffectDimension[];
}
