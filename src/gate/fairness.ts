import type { EffectTerm } from "../contract/effect.ts";
import type { History } from "../contract/history.ts";
import type { Actor } from "./novelty.ts";

/** Fuel of a minute that a principal may use whatever the others do: some seconds of one thread keep nobody waiting. */
export const FREE_FUEL = 5_000_000_000;

/**
 * What raises fairness: the part of the host's fuel over the last minute that the principal has used beyond an equal share.
 * Where it alone has used any, nobody is short of it. Zero at an equal share, and grows from there without a jump.
 */
export function fairnessTerms(actor: Actor, history: History): readonly EffectTerm[] {
  const { own, total, principals } = history.fuelShare(actor.key);
  if (!(principals >= 2 && total > 0)) return [];
  const share = Math.max(total / principals, FREE_FUEL);
  const beyond = (own - share) / total;
  // To thousandths, as policies read it: what differs less is the same call.
  const amount = Math.min(1, Math.round(beyond * 1000) / 1000);
  if (!(amount > 0)) return [];
  return [
    {
      dimension: "fairness",
      amount,
      reason: `${actor.shown} has used ${Math.round((own / total) * 100)} % of this host's fuel over the last minute, shared by ${principals}`,
    },
  ];
}
