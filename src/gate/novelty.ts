import type { EffectTerm } from "../contract/effect.ts";
import type { History } from "../contract/history.ts";
import { safeText } from "../contract/safe-text.ts";
import type { CallSubject, PlacedPath } from "./call-subject.ts";
import type { Place } from "./paths.ts";

/** How much a first use of an action counts; each further use counts half of the one before. */
const FIRST_USE = 0.06;
/** The same for the first touch of a directory with an action. */
const FIRST_TOUCH = 0.04;
/** From so many times on, a thing is not new any more, and no count needs to grow further. */
export const FAMILIAR = 4;

/** Who a score is about: as history has it, and as people read it. */
export interface Actor {
  readonly key: string;
  readonly shown: string;
}

/** One action on something in one directory. */
export interface Touch {
  readonly action: string;
  readonly directory: string;
}

/**
 * What raises novelty: an action that the principal has hardly used, and a directory in which it has hardly used it. Of
 * several the newest counts, once each.
 *
 * Both together are at most 0.1, so that novelty tips what was near its threshold and refuses nothing else: the first read
 * of a principal (0.1) scores 0.1415 against the 0.15 of production, and 0.1 from the fifth on. A policy that is to care
 * more reads `context.effect.novelty`, in thousandths: 60 and more is a first use.
 */
export function noveltyTerms(actor: Actor, { actions, paths }: CallSubject, history: History): readonly EffectTerm[] {
  const terms: EffectTerm[] = [];
  const use = leastSeen(actions, (action) => history.actionSeen(actor.key, action));
  if (use !== undefined && use.seen < FAMILIAR) {
    terms.push(novelty(FIRST_USE, use.seen, `${actor.shown} ${hasDone("used", use.seen, use.of)}`));
  }
  const touch = leastSeen(touchesOf(paths), ({ action, directory }) =>
    history.directorySeen(actor.key, action, directory),
  );
  if (touch !== undefined && touch.seen < FAMILIAR) {
    const { action, directory } = touch.of;
    const where = `${action} in ${safeText(directory, 120)}`;
    terms.push(novelty(FIRST_TOUCH, touch.seen, `${actor.shown} ${hasDone("used", touch.seen, where)}`));
  }
  return terms;
}

/** Every action of a call on every directory that it touches. What history counts is what is asked of it. */
export function touchesOf(paths: readonly Pick<PlacedPath, "actions" | "place">[]): readonly Touch[] {
  return paths.flatMap(({ actions, place }) => actions.map((action) => ({ action, directory: directoryOf(place) })));
}

/** The directory that something is in; of a root itself the root. */
function directoryOf({ path, relative }: Place): string {
  return relative === "" ? path : path.slice(0, path.lastIndexOf("/")) || "/";
}

function leastSeen<T>(all: readonly T[], seenOf: (one: T) => number): { of: T; seen: number } | undefined {
  let least: { of: T; seen: number } | undefined;
  for (const of of all) {
    const told = seenOf(of);
    // What is no count is taken for never.
    const seen = told > 0 ? Math.floor(told) : 0;
    if (least === undefined || seen < least.seen) least = { of, seen };
  }
  return least;
}

function hasDone(what: string, seen: number, of: string): string {
  if (seen === 0) return `has not ${what} ${of} before`;
  return `has ${what} ${of} only ${seen === 1 ? "once" : `${seen} times`} before`;
}

const novelty = (first: number, seen: number, reason: string): EffectTerm => ({
  dimension: "novelty",
  amount: first / 2 ** seen,
  reason,
});
