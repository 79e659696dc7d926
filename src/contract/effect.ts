/** The five dimensions of an effect, in the order in which they are shown and hashed. */
export const EFFECT_DIMENSIONS = ["risk", "fairness", "privacy", "novelty", "security"] as const;
export type EffectDimension = (typeof EFFECT_DIMENSIONS)[number];

/** What a call may do to the world, each dimension in 0..1. */
export type EffectVector = Readonly<Record<EffectDimension, number>>;

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
