import {
  EFFECT_DIMENSIONS,
  type EffectDimension,
  type EffectScore,
  type EffectTerm,
  type EffectVector,
  lengthOf,
  rounded,
} from "../contract/effect.ts";
import type { History } from "../contract/history.ts";
import type { CallSubject } from "./call-subject.ts";
import { fairnessTerms } from "./fairness.ts";
import { type Actor, noveltyTerms } from "./novelty.ts";
import { privacyTerms } from "./privacy.ts";
import { riskTerms } from "./risk.ts";
import { securityTerms } from "./security.ts";

/** Dimensions that need the principal's history. */
const FROM_HISTORY: readonly EffectDimension[] = Object.freeze(["fairness", "novelty"] as const);

/** Says what is wrong with a base effect, or nothing: exactly the five dimensions, each a finite number in 0..1. */
export function effectProblem(effect: unknown): string | undefined {
  if (typeof effect !== "object" || effect === null || Array.isArray(effect)) return "effect is not an object";
  const known: readonly string[] = EFFECT_DIMENSIONS;
  for (const key of Reflect.ownKeys(effect)) {
    if (typeof key !== "string" || !known.includes(key)) return `effect has the unknown dimension ${String(key)}`;
  }
  for (const dimension of EFFECT_DIMENSIONS) {
    if (!Object.hasOwn(effect, dimension)) return `effect lacks the dimension ${dimension}`;
    const value: unknown = (effect as Record<string, unknown>)[dimension];
    if (typeof value !== "number" || !(value >= 0 && value <= 1)) {
      return `effect ${dimension} is not a number from 0 to 1`;
    }
  }
  return undefined;
}

/** Whose call is scored, and what that one has done before. */
export interface Past {
  readonly actor: Actor;
  readonly history: History;
}

/**
 * Scores one call: the base vector raised by what the call would really do, never lowered, each dimension at most 1,
 * each raise with its reason. `score` is the Euclidean length. Pure: the same call, facts and past give the same score.
 */
export function scoreEffect(base: EffectVector, subject: CallSubject, threshold: number, past?: Past): EffectScore {
  const terms = [...ownTerms(subject), ...(past === undefined ? [] : pastTerms(subject, past))];
  const vector = terms.length === 0 ? base : raise(base, terms);
  const unscored = past === undefined ? FROM_HISTORY : [];
  return { base, vector, score: lengthOf(vector), threshold, terms, unscored };
}

/** The score of what a call does, whoever makes it and whatever was done before: what a person approves. */
export function scoreOfDeed(base: EffectVector, { terms }: EffectScore): number {
  return lengthOf(
    raise(
      base,
      terms.filter(({ dimension }) => !FROM_HISTORY.includes(dimension)),
    ),
  );
}

const ownTerms = (subject: CallSubject): readonly EffectTerm[] => [
  ...riskTerms(subject),
  ...privacyTerms(subject),
  ...securityTerms(subject),
];

const pastTerms = (subject: CallSubject, { actor, history }: Past): readonly EffectTerm[] => [
  ...fairnessTerms(actor, history),
  ...noveltyTerms(actor, subject, history),
];

/** Adds terms to a vector; a term that is not a number from 0 to 1 raises its dimension to 1, so none can lower. */
export function raise(base: EffectVector, terms: readonly EffectTerm[]): EffectVector {
  const vector = { ...base };
  for (const { dimension, amount } of terms) {
    vector[dimension] = amount >= 0 && amount <= 1 ? Math.min(1, rounded(vector[dimension] + amount)) : 1;
  }
  return vector;
}
