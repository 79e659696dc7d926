import type { Json } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";

/** Steps that matching one value may take at most, were every way tried. */
const MOST_STEPS = 1_000_000;
const LONGEST = 256;

/** One character or class, as it may stand in a pattern: an escape, a class of characters, or a character itself. */
const ATOM =
  /(?:\\[dDwWsS]|\\[nrt]|\\[^A-Za-z0-9]|\[\^?(?:\\[dDwWsSnrt]|\\[^A-Za-z0-9]|[^\\[\]])+\]|[^\\()[\]{}|*+?^$])/y;
const COUNT = /(?:([*+?])|\{(\d{1,4})(?:(,)(\d{1,4})?)?\})/y;

/**
 * Says why a pattern of a schema is not used, or nothing. What is accepted is anchored at both ends and has no groups, no
 * alternatives and no references, so all the ways to match a value are the ways to share its characters among the parts
 * that repeat; and those, for the longest value that the schema lets through, are at most a million.
 */
export function patternProblem(pattern: string, maxLength: Json | undefined): string | undefined {
  const refuse = (why: string): string => `its pattern "${safeText(pattern, 60)}" ${why}`;
  if (pattern.length > LONGEST) return refuse(`is longer than ${LONGEST} characters`);
  if (!pattern.startsWith("^") || !pattern.endsWith("$") || pattern.endsWith("\\$"))
    return refuse("does not stand between ^ and $");
  if (typeof maxLength !== "number") return refuse("has no maxLength beside it");
  const body = pattern.slice(1, -1);
  let steps = 1;
  for (let at = 0; at < body.length; ) {
    ATOM.lastIndex = at;
    const atom = ATOM.exec(body);
    if (atom === null) return refuse("has groups, alternatives or references, or is none");
    at = ATOM.lastIndex;
    COUNT.lastIndex = at;
    const count = COUNT.exec(body);
    if (count === null) continue;
    at = COUNT.lastIndex;
    steps *= waysOf(count, maxLength);
    if (body[at] === "?" || body[at] === "+") return refuse("repeats what repeats");
    if (steps > MOST_STEPS)
      return refuse(`could take more than ${MOST_STEPS} steps on a value of ${maxLength} characters`);
  }
  try {
    new RegExp(pattern, "u");
    return undefined;
  } catch {
    return refuse("is no regular expression");
  }
}

/** How many lengths a part that repeats can have. */
function waysOf([, sign, least, comma, most]: RegExpExecArray, maxLength: number): number {
  if (sign === "?") return 2;
  if (sign !== undefined) return maxLength + 1;
  if (comma === undefined) return 1;
  const end = most === undefined ? maxLength : Math.min(Number(most), maxLength);
  return Math.max(1, end - Number(least) + 1);
}
