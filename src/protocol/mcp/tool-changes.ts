import type { ToolHost } from "../../contract/call.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { oncePerTurn } from "../once-per-turn.ts";
import type { Serving } from "../serving.ts";
import type { Exchange, Exchanges } from "./exchanges.ts";
import { notify } from "./notification.ts";

const METHOD = "notifications/tools/list_changed";

/**
 * Tells clients that the list of tools has changed: the session of a handshake (2025-11-25, server/tools, list changed),
 * and each stream that asked for it (2026-07-28, basic/patterns/subscriptions). Once for all changes of one turn, and once
 * for all that came while the client did not read.
 */
export class ToolChanges {
  readonly #serving: Pick<Serving, "opening" | "liveTools">;
  readonly #exchanges: Exchanges;
  readonly #writer: ByteWriter;
  readonly #streams = new Set<Exchange>();
  readonly #untold = new Set<Exchange | "session">();
  #session = false;
  readonly #advanceSoon = oncePerTurn(() => this.advance());

  constructor(serving: Pick<Serving, "opening" | "liveTools">, exchanges: Exchanges, writer: ByteWriter) {
    this.#serving = serving;
    this.#exchanges = exchanges;
    this.#writer = writer;
  }

  /** Whether the tools can change: of an open host this is certain, before that it is what the program says. */
  get offered(): boolean {
    const { host } = this.#serving.opening;
    return host === undefined ? this.#serving.liveTools === true : host.onToolsChanged !== undefined;
  }

  /** The capability as both eras declare it. */
  get capability(): JsonObject {
    return { tools: this.offered ? { listChanged: true } : {} };
  }

  /** The host is open; `renew` is called before anybody is told. */
  open(host: ToolHost, renew: () => void): void {
    host.onToolsChanged?.(() => {
      renew();
      this.#changed();
    });
  }

  /** A handshake was answered. */
  sessionOpened(): void {
    this.#session = true;
  }

  /** Whether a filter of `subscriptions/listen` asks for this, and gets it. */
  wanted({ toolsListChanged }: JsonObject): boolean {
    return toolsListChanged === true && this.offered;
  }

  /** Tells an acknowledged stream from now on, until it ends. */
  watch(exchange: Exchange): void {
    this.#streams.add(exchange);
    exchange.signal.addEventListener("abort", () => {
      this.#streams.delete(exchange);
      this.#untold.delete(exchange);
    });
  }

  #changed(): void {
    if (this.#session) this.#untold.add("session");
    for (const stream of this.#streams) this.#untold.add(stream);
    this.#advanceSoon();
  }

  /** Tells what waits to be told, while the client reads. */
  advance(): void {
    for (const one of this.#untold) {
      if (this.#writer.full) return;
      this.#untold.delete(one);
      notify(this.#writer, this.#exchanges, one === "session" ? undefined : one, METHOD);
    }
  }
}
