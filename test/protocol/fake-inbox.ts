import type { ClientInbox, DeliveredMessage, InboxNews } from "../../src/contract/messages.ts";
import { matchesTopic } from "../../src/contract/topic.ts";

/** The inbox of a client, filled by hand. */
export class FakeInbox implements ClientInbox {
  patterns: string[] = [];
  readonly #messages: { message: DeliveredMessage; patterns: string[] }[] = [];
  readonly #listeners = new Set<(news: InboxNews) => void>();
  #last = 100;

  pid(): number {
    return 7;
  }

  subscriptions(): readonly string[] {
    return this.patterns;
  }

  messages(pattern: string): readonly DeliveredMessage[] | undefined {
    if (!this.patterns.includes(pattern)) return undefined;
    return this.#messages.filter(({ patterns }) => patterns.includes(pattern)).map(({ message }) => message);
  }

  direct(): readonly DeliveredMessage[] {
    return this.#messages.filter(({ patterns }) => patterns.length === 0).map(({ message }) => message);
  }

  fallen(pattern?: string): number {
    return pattern === undefined ? 0 : 3;
  }

  listen(listener: (news: InboxNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** The client is subscribed to this from now on. */
  subscribe(...patterns: string[]): void {
    this.patterns = [...new Set([...this.patterns, ...patterns])].sort();
    this.#tell({ kind: "subscriptions" });
  }

  /** A message comes, to a topic or to the client itself. */
  receive(message: DeliveredMessage["message"], topic?: string): DeliveredMessage {
    const patterns = topic === undefined ? [] : this.patterns.filter((pattern) => matchesTopic(pattern, topic));
    const delivered: DeliveredMessage = {
      msg_id: ++this.#last,
      from: "agent:a",
      from_pid: 2,
      ...(topic !== undefined && { topic }),
      ...(patterns[0] !== undefined && { pattern: patterns[0] }),
      sent: "2026-01-02T03:04:05.678Z",
      message,
    };
    this.#messages.push({ message: delivered, patterns });
    this.#tell({ kind: "message", message: delivered, patterns });
    return delivered;
  }

  #tell(news: InboxNews): void {
    for (const listener of [...this.#listeners]) listener(news);
  }
}
