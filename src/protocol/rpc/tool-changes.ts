import type { MessageConnection } from "vscode-jsonrpc/node";
import type { ToolHost } from "../../contract/call.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { oncePerTurn } from "../once-per-turn.ts";

/** The method under which clients are told. */
export const TOOLS_CHANGED = "tools/listChanged";

/**
 * Tells the client that the list of tools has changed: once for all changes of one turn, once for all that came while it did
 * not read, and not before it was introduced or after it shut the host down.
 */
export class ToolChanges {
  readonly #connection: MessageConnection;
  readonly #bytes: ByteWriter;
  readonly #isOpen: () => boolean;
  readonly #advanceSoon = oncePerTurn(() => this.advance());
  #stop: (() => void) | undefined;
  #untold = false;

  constructor(connection: MessageConnection, bytes: ByteWriter, isOpen: () => boolean) {
    this.#connection = connection;
    this.#bytes = bytes;
    this.#isOpen = isOpen;
  }

  /** The host is open: its tools may change from now on. */
  open(host: ToolHost): void {
    this.#stop = host.onToolsChanged?.(() => {
      // Who has not been introduced has not seen the list either.
      if (!this.#isOpen()) return;
      this.#untold = true;
      this.#advanceSoon();
    });
  }

  /** Tells what waits to be told, while the client reads. */
  advance(): void {
    if (!this.#untold || this.#bytes.full || !this.#isOpen()) return;
    this.#untold = false;
    void this.#connection.sendNotification(TOOLS_CHANGED).catch(() => {});
  }

  end(): void {
    this.#stop?.();
    this.#untold = false;
  }
}
