import type { MessageConnection } from "vscode-jsonrpc/node";
import type { Json } from "../../contract/json.ts";

/** Says that work goes on, until it has ended. */
export interface Progress {
  end(): void;
}

const SILENT: Progress = { end: () => {} };

/**
 * Begins work-done progress for a request that asked for it with `workDoneToken`, a string or an integer
 * (LSP 3.17, "Work Done Progress"); for any other value nothing is sent. The token is the protocol's and never an
 * argument of the tool.
 */
export function openProgress(connection: MessageConnection, token: Json | undefined, title: string): Progress {
  if (typeof token !== "string" && !Number.isSafeInteger(token)) return SILENT;
  const send = (value: Json) => void connection.sendNotification("$/progress", { token, value }).catch(() => {});
  send({ kind: "begin", title, cancellable: true });
  return { end: () => send({ kind: "end" }) };
}
