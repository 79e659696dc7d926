import { createInterface } from "node:readline";
import type { ApprovalAnswer, Deferral } from "../contract/call.ts";
import { safeText } from "../contract/safe-text.ts";
import type { Ambient } from "../host/settings.ts";

/** Whether a person sits at both ends of the question. */
export const canAskHere = ({ stdin, stderr }: Ambient): boolean => stdin.isTTY === true && stderr.isTTY === true;

/**
 * Asks the person at the terminal. Only `y` or `yes` accepts; the end of the input or an interruption cancels,
 * anything else declines.
 */
export async function ask(ambient: Ambient, deferral: Deferral, signal: AbortSignal): Promise<ApprovalAnswer> {
  for (const line of deferral.question.split("\n")) ambient.stderr.write(`${safeText(line, 1024)}\n`);
  ambient.stderr.write("approve this one call? [y/N] ");
  const reader = createInterface({ input: ambient.stdin, terminal: false });
  const line = await new Promise<string | undefined>((resolve) => {
    const cancel = () => resolve(undefined);
    reader.once("line", resolve);
    reader.once("close", cancel);
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
  });
  reader.close();
  const { token } = deferral;
  if (line === undefined) {
    ambient.stderr.write("\n"); // the question's line has no end yet
    return { token, answer: "cancel" };
  }
  return { token, answer: /^\s*y(es)?\s*$/i.test(line) ? "accept" : "decline" };
}
