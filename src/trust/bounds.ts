import { holdsTool } from "../contract/capabilities.ts";
import { type EffectVector, lengthOf } from "../contract/effect.ts";
import { safeText } from "../contract/safe-text.ts";

/** What a key may vouch for. */
export interface SigningBounds {
  /** Names of tools, or prefixes such as `acme.*`; `*` is all. */
  readonly scopes: readonly string[];
  /** Milliseconds since the Unix epoch; nothing is taken in from then on. */
  readonly expires?: number;
  /** The largest base effect, as a score. */
  readonly max_effect?: number;
}

const SCOPE = /^(?:\*|[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*(?:\.\*)?)$/;

/** Whether text is a scope: `*`, a name, or a name with `.*` behind it. */
export const isScope = (text: string): boolean => text.length <= 64 && SCOPE.test(text);

/** Whether everything within `inner` is within `outer`: a scope that is issued never reaches further than its issuer's. */
export function scopesWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return inner.every((scope) => outer.some((wide) => isWithin(scope, wide)));
}

function isWithin(scope: string, wide: string): boolean {
  if (wide === "*" || wide === scope) return true;
  if (scope === "*" || !wide.endsWith(".*")) return false;
  return scope.startsWith(wide.slice(0, -1));
}

/** Whoever gave a key its bounds can give it others. */
const WIDER = "have another key sign it, or give this one wider bounds, with tollgate key trust or tollgate cert issue";

/** Says why bounds do not cover a tool at this time, or nothing. `whose` names their holder. */
export function boundsProblem(
  whose: string,
  { scopes, expires, max_effect }: SigningBounds,
  { name, effect }: { readonly name: string; readonly effect: EffectVector },
  now: number,
): string | undefined {
  if (!holdsTool(scopes, name))
    return `${whose} may sign for ${scopes.map((scope) => safeText(scope, 64)).join(", ")}, not for ${name}: ${WIDER}`;
  if (expires !== undefined && now >= expires)
    return `${whose} expired on ${new Date(expires).toISOString()}: ${WIDER}`;
  const score = lengthOf(effect);
  if (max_effect !== undefined && score > max_effect) {
    return `${whose} may sign for effects up to ${max_effect}, and that of ${name} is ${Math.ceil(score * 1000) / 1000}: ${WIDER}`;
  }
  return undefined;
}
