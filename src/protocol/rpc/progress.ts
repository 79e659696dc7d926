import type { MessageConnection } from "vscode-jsonrpc/node";
import type { Json } from "../../contract/json.ts";
import type { Progress as Step } from "../../contract/note.ts";
import { safeText } from "../../contract/safe-text.ts";

/** Says that work goes on, until it has ended. */
export interface Progress {
  report(step: Step): void;
  end(): void;
}

const MAX_MESSAGE = 500;
const SILENT: Progress = { report: () => {}, end: () => {} };

/**
 * Begins work-done progress for a request that asked for it with `workDoneToken`, a string or an integer
 * (LSP 3.17, "Work Done Progress"); for any other value nothing is sent. The token is the protocol's and never an
 * argument of the tool. Percentages only rise; nothing is reported while `full` says that the client does not read.
 */
export function openProgress(
  connection: MessageConnection,
  token: Json | undefined,
  title: string,
  full: () => boolean,
): Progress {
  if (typeof token !== "string" && !Number.isSafeInteger(token)) return SILENT;
  const send = (value: Json) => void connection.sendNotification("$/progress", { token, value }).catch(() => {});
  send({ kind: "begin", title, cancellable: true });
  let highest = 0;
  return {
    report({ done, total, message }) {
      if (full()) return;
      const part = total > 0 ? Math.min(100, Math.max(0, Math.floor((done / total) * 100))) : 0;
      highest = Math.max(highest, part);
      const said = message === "" ? {} : { message: safeText(message, MAX_MESSAGE) };
      send({ kind: "report", ...said, ...(total > 0 && { percentage: highest }) });
    },
    end: () => send({ kind: "end" }),
  };
}
