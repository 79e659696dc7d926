import type { Json } from "../../contract/json.ts";
import type { LogLevel, LogLine } from "../../contract/note.ts";
import { safeText } from "../../contract/safe-text.ts";
import type { Exchange, Exchanges } from "./exchanges.ts";

/** Severities of RFC 5424, least first, as MCP names them (2025-11-25, server/utilities/logging). */
const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
const MAX_MESSAGE = 4096;

/** What the server says of it in both eras. */
export const LOGGING_CAPABILITY: Json = Object.freeze({});

/** The member of a request's `_meta` by which a client of 2026-07-28 asks for its log. */
export const LOG_LEVEL = "io.modelcontextprotocol/logLevel";

/** How severe a line must be at least, as a number; undefined for what is no level. */
export function readLogLevel(value: Json | undefined): number | undefined {
  const level = typeof value === "string" ? LEVELS.indexOf(value) : -1;
  return level === -1 ? undefined : level;
}

/**
 * Sends what a tool logs while the request is open and the client reads, as `notifications/message`, from this severity on.
 * A client that did not ask is sent nothing: undefined.
 */
export function logTo(
  exchanges: Exchanges,
  exchange: Exchange,
  tool: string,
  from: number | undefined,
): ((line: LogLine) => void) | undefined {
  if (from === undefined) return undefined;
  return ({ level, message }) => {
    if (LEVELS.indexOf(level satisfies LogLevel) < from) return;
    const params = { level, logger: tool, data: safeText(message, MAX_MESSAGE) };
    exchanges.notify(
      exchange,
      Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params })}\n`),
    );
  };
}
