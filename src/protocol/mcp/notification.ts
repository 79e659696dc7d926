import type { ByteWriter } from "../byte-writer.ts";
import type { Exchange, Exchanges } from "./exchanges.ts";

/** The member of `_meta` that names a stream (2026-07-28, basic/patterns/subscriptions, subscription id). */
export const SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";

/** A notification; on a stream it names the stream, without one it is the session's. */
export function notification(exchange: Exchange | undefined, method: string, params?: object): Uint8Array {
  const all = exchange === undefined ? params : { _meta: { [SUBSCRIPTION_ID]: exchange.id }, ...params };
  return Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", method, ...(all && { params: all }) })}\n`);
}

/** Sends a notification to whom it is for. */
export function notify(
  writer: ByteWriter,
  exchanges: Exchanges,
  exchange: Exchange | undefined,
  method: string,
  params?: object,
): void {
  const bytes = notification(exchange, method, params);
  if (exchange === undefined) writer.send(bytes);
  else exchanges.notify(exchange, bytes);
}
