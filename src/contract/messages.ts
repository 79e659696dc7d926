import type { JsonObject } from "./json.ts";

/** A message that reached this host's client. */
export interface DeliveredMessage {
  /** Unique on its chain, and growing from each sender: what is delivered twice has the same. */
  readonly msg_id: number;
  /** Who sent it, as the host says: `agent:x`, `client:stdio`, `operator:cli`, `job:3`. */
  readonly from: string;
  /** The sender's address; 0 where it has none. */
  readonly from_pid: number;
  /** The topic that it was sent to; absent for a message to the client itself. */
  readonly topic?: string;
  /** The first of the client's patterns that matches the topic. */
  readonly pattern?: string;
  /** The message that this one answers. */
  readonly in_reply_to?: number;
  /** RFC 3339, UTC. */
  readonly sent: string;
  readonly message: JsonObject;
}

/** What the client's inbox tells: a message came, under each of `patterns` (none for one to itself), or what the client is subscribed to changed. */
export type InboxNews =
  | { readonly kind: "message"; readonly message: DeliveredMessage; readonly patterns: readonly string[] }
  | { readonly kind: "subscriptions" };

/** What has reached this host's client. It keeps the newest messages only: each is told once, and can be read for a while. */
export interface ClientInbox {
  /** The client's address; undefined until it has subscribed to something or asked somebody. */
  pid(): number | undefined;
  /** The patterns that the client is subscribed to, in order. */
  subscriptions(): readonly string[];
  /** The kept messages of one subscription, oldest first; undefined where the client is not subscribed to it. */
  messages(pattern: string): readonly DeliveredMessage[] | undefined;
  /** The kept messages to the client itself, oldest first. */
  direct(): readonly DeliveredMessage[];
  /** How many messages of a subscription, or to the client itself, are not kept any more. */
  fallen(pattern?: string): number;
  /** Calls `listener` with all that comes from now on, in its order, until the answered function is called. */
  listen(listener: (news: InboxNews) => void): () => void;
}
