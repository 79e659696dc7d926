import type { MessageConnection } from "vscode-jsonrpc/node";
import type { ClientInbox, DeliveredMessage } from "../../contract/messages.ts";
import type { ByteWriter } from "../byte-writer.ts";

/** The method under which each message is told. */
export const MESSAGE_METHOD = "ipc/message";
/** Messages that wait while the client does not read. */
const MAX_HELD = 256;

/**
 * Tells each message that reaches the client, once and in order, as the notification `ipc/message`. While the client does not
 * read, the newest wait; what fell out is counted by `missed` in the next one that is told.
 */
export class InboxNotifications {
  readonly #connection: MessageConnection;
  readonly #bytes: ByteWriter;
  readonly #held: DeliveredMessage[] = [];
  readonly #stop: () => void;
  #missed = 0;

  constructor(connection: MessageConnection, bytes: ByteWriter, inbox: ClientInbox) {
    this.#connection = connection;
    this.#bytes = bytes;
    this.#stop = inbox.listen((news) => {
      if (news.kind !== "message") return;
      this.#held.push(news.message);
      if (this.#held.length > MAX_HELD) {
        this.#held.shift();
        this.#missed++;
      }
      this.advance();
    });
  }

  /** Tells what waits, while the client reads. */
  advance(): void {
    while (!this.#bytes.full) {
      const message = this.#held.shift();
      if (message === undefined) return;
      const params = this.#missed === 0 ? message : { ...message, missed: this.#missed };
      this.#missed = 0;
      void this.#connection.sendNotification(MESSAGE_METHOD, params).catch(() => {});
    }
  }

  end(): void {
    this.#stop();
    this.#held.length = 0;
  }
}
