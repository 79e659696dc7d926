import type { JsonObject } from "../../contract/json.ts";
import type { Progress } from "../../contract/note.ts";
import { safeText } from "../../contract/safe-text.ts";
import type { Exchange, Exchanges } from "./exchanges.ts";
import { asObject } from "./message.ts";

const MAX_MESSAGE = 500;

/**
 * Sends `notifications/progress` for a request that asked for it by `_meta.progressToken`, a string or an integer;
 * undefined for any other. Figures only rise, what does not is left out, and nothing is sent once the request was
 * answered or cancelled (2025-11-25, basic/utilities/progress).
 */
export function progressTo(
  exchanges: Exchanges,
  exchange: Exchange,
  params: JsonObject,
): ((progress: Progress) => void) | undefined {
  const progressToken = asObject(params._meta)?.progressToken;
  if (typeof progressToken !== "string" && !Number.isSafeInteger(progressToken)) return undefined;
  let last = Number.NEGATIVE_INFINITY;
  return ({ done, total, message }) => {
    if (done <= last) return;
    last = done;
    const said = message === "" ? {} : { message: safeText(message, MAX_MESSAGE) };
    const notified = { progressToken, progress: done, ...(total > 0 && { total }), ...said };
    const line = { jsonrpc: "2.0", method: "notifications/progress", params: notified };
    exchanges.notify(exchange, Buffer.from(`${JSON.stringify(line)}\n`));
  };
}
