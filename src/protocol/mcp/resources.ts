import type { JsonObject } from "../../contract/json.ts";
import type { ClientInbox, DeliveredMessage, InboxNews } from "../../contract/messages.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { Exchange, Exchanges } from "./exchanges.ts";
import type { Request } from "./message.ts";
import { ErrorCode, errorReply, type Replies } from "./reply.ts";
import { INBOX_URI, type ResourceName, readUri, TOPICS_URI } from "./resource-uri.ts";
import { type ListenFilter, ResourceWatch } from "./resource-watch.ts";
import type { Revision } from "./revisions.ts";

/** Bytes of messages in one answer; what is left is read with `?after=`. Always at least one message. */
const READ_BYTES = 1_048_576;
const JSON_TYPE = "application/json";
/** 2025-11-25, server/resources, error handling; 2026-07-28 has -32602 instead, and reserves this one. */
const RESOURCE_NOT_FOUND = -32002;

/**
 * The client's inbox and subscriptions as resources, for both eras (2025-11-25 and 2026-07-28, server/resources). What is
 * listed is what the client is subscribed to now; reading takes nothing out.
 */
export class Resources {
  readonly #inbox: ClientInbox;
  readonly #replies: Replies;
  readonly #watch: ResourceWatch;

  constructor(inbox: ClientInbox, replies: Replies, exchanges: Exchanges, writer: ByteWriter) {
    this.#inbox = inbox;
    this.#replies = replies;
    this.#watch = new ResourceWatch(exchanges, writer);
  }

  /** Answers one request; undefined for a method that the revision does not have. */
  answer(request: Request, revision: Revision): Uint8Array | undefined {
    switch (request.method) {
      case "resources/list":
        return this.#list(request, revision, { resources: this.#resources(revision) });
      case "resources/templates/list":
        return this.#list(request, revision, { resourceTemplates: templates(revision) });
      case "resources/read":
        return this.#read(request, revision);
      case "resources/subscribe":
      case "resources/unsubscribe":
        return revision.modern ? undefined : this.#subscribe(request, revision);
      default:
        return undefined;
    }
  }

  /** Opens a stream of notifications and answers its acknowledgement (2026-07-28, basic/patterns/subscriptions). */
  listen(exchange: Exchange, filter: ListenFilter): Uint8Array {
    return this.#watch.open(exchange, filter);
  }

  /** The handshake of a session was answered: it is told of changed lists from now on. */
  sessionOpened(): void {
    this.#watch.openSession();
  }

  /** Tells whoever asked for it. */
  hear(news: InboxNews): void {
    this.#watch.hear(news);
  }

  /** The client reads again: tells what was held back. */
  advance(): void {
    this.#watch.advance();
  }

  #list({ id, params }: Request, revision: Revision, members: JsonObject): Uint8Array {
    if (params.cursor !== undefined) {
      return errorReply(id, ErrorCode.invalidParams, "unknown cursor: there is one page, list without a cursor");
    }
    return this.#complete(id, revision, members);
  }

  /** Caching: what can change at any moment is stale at once (2026-07-28, server/utilities/caching). */
  #complete(id: Request["id"], revision: Revision, members: JsonObject): Uint8Array {
    const all = revision.modern ? { ...members, ttlMs: 0, cacheScope: "private" } : members;
    return this.#replies.complete(id, revision, JSON.stringify(all).slice(1, -1));
  }

  #resources(revision: Revision): JsonObject[] {
    const described = (uri: string, title: string, description: string): JsonObject => ({
      uri,
      name: uri.slice("ipc://".length),
      ...(revision.structured && { title }),
      description,
      mimeType: JSON_TYPE,
    });
    const own = described(INBOX_URI, "Inbox", "Messages that were sent to you directly, newest last.");
    const topics = this.#inbox
      .subscriptions()
      .map((pattern) => described(`${TOPICS_URI}${pattern}`, pattern, `Messages to topics that match ${pattern}.`));
    return [own, ...topics];
  }

  #read({ id, params }: Request, revision: Revision): Uint8Array {
    const { uri } = params;
    if (typeof uri !== "string") return errorReply(id, ErrorCode.invalidParams, "params.uri must be a string");
    const name = readUri(uri);
    const kept =
      name === undefined || name.pattern === undefined ? this.#inbox.direct() : this.#inbox.messages(name.pattern);
    if (name === undefined || kept === undefined) return notFound(id, revision, uri);
    const text = JSON.stringify(page(kept, name, this.#inbox.fallen(name.pattern)));
    return this.#complete(id, revision, { contents: [{ uri, mimeType: JSON_TYPE, text }] });
  }

  /** A subscription that the client will only make is watched already, so that it can watch before it subscribes. */
  #subscribe({ id, method, params }: Request, revision: Revision): Uint8Array {
    const { uri } = params;
    if (typeof uri !== "string") return errorReply(id, ErrorCode.invalidParams, "params.uri must be a string");
    const name = readUri(uri);
    if (name === undefined) return notFound(id, revision, uri);
    if (method === "resources/unsubscribe") this.#watch.unsubscribe(uri, name);
    else if (!this.#watch.subscribe(uri, name)) {
      return errorReply(id, ErrorCode.internal, "too many resources are subscribed to: unsubscribe from some");
    }
    return this.#complete(id, revision, {});
  }
}

/** Messages behind `after`, oldest first, as many as one answer should hold; it says how to go on. */
function page(kept: readonly DeliveredMessage[], { pattern, after }: ResourceName, fallen: number): JsonObject {
  const left = kept.filter(({ msg_id }) => msg_id > after);
  const messages: JsonObject[] = [];
  let bytes = 0;
  for (const message of left) {
    bytes += Buffer.byteLength(JSON.stringify(message));
    if (messages.length > 0 && bytes > READ_BYTES) break;
    messages.push(message as unknown as JsonObject);
  }
  const last = messages.at(-1)?.msg_id;
  return {
    ...(pattern !== undefined && { pattern }),
    messages,
    count: messages.length,
    truncated: messages.length < left.length,
    ...(last !== undefined && { last_msg_id: last }),
    dropped: fallen,
  };
}

function templates(revision: Revision): JsonObject[] {
  const described = (uriTemplate: string, name: string, title: string, description: string): JsonObject => ({
    uriTemplate,
    name,
    ...(revision.structured && { title }),
    description,
    mimeType: JSON_TYPE,
  });
  const go = "Behind the message `after`, oldest first; when truncated, go on after last_msg_id.";
  return [
    described(`${INBOX_URI}{?after}`, "inbox", "Inbox", `Messages that were sent to you directly. ${go}`),
    described(`${TOPICS_URI}{pattern}{?after}`, "topics", "Topics", `Messages of one of your subscriptions. ${go}`),
  ];
}

function notFound(id: Request["id"], revision: Revision, uri: string): Uint8Array {
  const code = revision.modern ? ErrorCode.invalidParams : RESOURCE_NOT_FOUND;
  return errorReply(id, code, "resource not found: list the resources, subscribe by the tool ipc.subscribe", {
    uri: uri.slice(0, 1000),
  });
}
