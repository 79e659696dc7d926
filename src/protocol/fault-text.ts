import type { DecisionRecord } from "../contract/decision.ts";
import type { Fault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";

const MAX_MESSAGE = 4096;
const MAX_REASON = 512;
const MAX_LISTED = 8;

/**
 * One line that a model or a person can act on: code and message, then which layer refused, by which rules and for
 * which reasons. Nothing in it can forge a second line.
 */
export function faultText(fault: Fault, decision: DecisionRecord | undefined): string {
  let text = `${fault.code}: ${safeText(fault.message, MAX_MESSAGE)}`;
  if (decision === undefined || fault.layer !== "gate") return text;
  text += ` (refused by the ${decision.layer} layer`;
  if (decision.rules.length > 0) text += `; rules: ${listed(decision.rules)}`;
  const reasons = decision.reasons.filter((reason) => !fault.message.includes(reason));
  if (reasons.length > 0) text += `; because: ${listed(reasons)}`;
  return `${text})`;
}

/** What machines read beside {@link faultText}. */
export function faultDetail(
  fault: Fault,
  decision: DecisionRecord | undefined,
  sequence: number | undefined,
): { [key: string]: Json } {
  const detail: { [key: string]: Json } = { code: fault.code, layer: fault.layer };
  if (fault.data !== undefined) detail.data = fault.data;
  if (decision !== undefined) {
    detail.decision = { verdict: decision.verdict, layer: decision.layer };
    detail.rules = [...decision.rules];
    detail.reasons = [...decision.reasons];
    if (decision.effect !== undefined) {
      detail.effect = {
        score: decision.effect.score,
        threshold: decision.effect.threshold,
        vector: { ...decision.effect.vector },
      };
    }
  }
  if (sequence !== undefined) detail.sequence = sequence;
  return detail;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, MAX_LISTED).map((item) => safeText(item, MAX_REASON));
  if (items.length > MAX_LISTED) shown.push(`${items.length - MAX_LISTED} more`);
  return shown.join(", ");
}
