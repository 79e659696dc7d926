import { safeText } from "../contract/safe-text.ts";

/** Code points of the longest question. */
export const MAX_QUESTION = 1024;
const SHOWN = 3;

/**
 * Words the question that a person is asked: who wants which tool to do what to which resources, and why it is asked.
 * One line of at most {@link MAX_QUESTION} code points; everything that came from outside is escaped and cut by
 * itself first, so that no long path can push the reason out of sight.
 */
export function questionText(ask: {
  readonly caller: string;
  readonly tool: string;
  readonly title: string;
  readonly resources: readonly string[];
  readonly reasons: readonly string[];
}): string {
  const resources = ask.resources.slice(0, SHOWN).map((resource) => `"${safeText(resource, 90)}"`);
  if (ask.resources.length > SHOWN) resources.push(`${ask.resources.length - SHOWN} more`);
  const on = resources.length === 0 ? "" : ` on ${resources.join(" and ")}`;
  const reasons = ask.reasons.slice(0, SHOWN).map((reason) => safeText(reason, 140));
  return safeText(
    `Allow ${ask.tool} (${safeText(ask.title, 60)})${on} for ${safeText(ask.caller, 60)}? Asked because ${reasons.join("; ")}. If you accept, it runs once with exactly these arguments; otherwise nothing happens.`,
    MAX_QUESTION,
  );
}
