import type { ToolHost } from "../../contract/call.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { Serving } from "../serving.ts";
import type { Exchange, Exchanges } from "./exchanges.ts";
import type { Request } from "./message.ts";
import { ErrorCode, errorReply, type Replies } from "./reply.ts";
import type { ListenFilter } from "./resource-watch.ts";
import type { Resources } from "./resources.ts";
import type { Revision } from "./revisions.ts";

/** Requests that may wait for the host to open. */
const MAX_WAITING = 1024;

/**
 * Where requests about resources wait for the host, and for the code that answers them: it is loaded when the first one
 * asks, or when there is something to tell, so that a start does not carry it.
 */
export class ResourceRequests {
  readonly #serving: Pick<Serving, "opening" | "inbox">;
  readonly #exchanges: Exchanges;
  readonly #writer: ByteWriter;
  readonly #replies: Replies;
  readonly #opened: Promise<ToolHost["inbox"]>;
  #open: (inbox: ToolHost["inbox"]) => void = () => {};
  #loaded: Promise<Resources | undefined> | undefined;
  #resources: Resources | undefined;
  #waiting = 0;
  #session = false;

  constructor(serving: Pick<Serving, "opening" | "inbox">, exchanges: Exchanges, writer: ByteWriter, replies: Replies) {
    this.#serving = serving;
    this.#exchanges = exchanges;
    this.#writer = writer;
    this.#replies = replies;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Whether there are resources at all: of an open host this is certain, before that it is what the program says. */
  get offered(): boolean {
    const { host } = this.#serving.opening;
    return host === undefined ? this.#serving.inbox === true : host.inbox !== undefined;
  }

  /** The capability as both eras declare it (2025-11-25 and 2026-07-28, server/resources, capabilities). */
  get capability(): JsonObject {
    return this.offered ? { resources: { subscribe: true, listChanged: true } } : {};
  }

  /** The host is open. */
  open({ inbox }: ToolHost): void {
    inbox?.listen((news) => void this.#load().then((resources) => resources?.hear(news)));
    this.#open(inbox);
  }

  /** A handshake was answered: that session is told of changed lists. */
  sessionOpened(): void {
    this.#session = true;
    this.#resources?.sessionOpened();
  }

  /** Answers a request later; false where its method is not served. */
  handle(request: Request, revision: Revision): boolean {
    if (!request.method.startsWith("resources/") || !this.offered) return false;
    const { id, method } = request;
    const exchange = this.#exchanges.begin(id);
    if (this.#waiting >= MAX_WAITING) {
      this.#exchanges.finish(exchange, errorReply(id, ErrorCode.internal, "too many requests wait: ask again later"));
      return true;
    }
    this.#waiting++;
    void this.#load().then((resources) => {
      this.#waiting--;
      const reply = resources?.answer(request, revision);
      this.#exchanges.finish(
        exchange,
        reply ?? errorReply(id, ErrorCode.methodNotFound, `method not found: ${method}`),
      );
    });
    return true;
  }

  /**
   * Opens a stream of news about resources, which is acknowledged later and then handed to `acknowledged`; false where
   * nothing of the filter is served.
   */
  listen(
    exchange: () => Exchange,
    notifications: JsonObject,
    tools: boolean,
    acknowledged: (exchange: Exchange) => void,
  ): boolean {
    const filter = { ...readFilter(notifications), toolsListChanged: tools };
    if (!this.offered || (!filter.resourcesListChanged && filter.resourceSubscriptions.length === 0)) return false;
    const opened = exchange();
    void this.#load().then((resources) => {
      if (opened.signal.aborted) return;
      if (resources !== undefined) {
        this.#writer.send(resources.listen(opened, filter));
        acknowledged(opened);
      } else this.#exchanges.finish(opened, errorReply(opened.id, ErrorCode.internal, "this host has no inbox"));
    });
    return true;
  }

  /** The client reads again. */
  advance(): void {
    this.#resources?.advance();
  }

  #load(): Promise<Resources | undefined> {
    this.#loaded ??= (async () => {
      const inbox = await this.#opened;
      if (inbox === undefined) return undefined;
      const { Resources } = await import("./resources.ts");
      this.#resources = new Resources(inbox, this.#replies, this.#exchanges, this.#writer);
      if (this.#session) this.#resources.sessionOpened();
      return this.#resources;
    })();
    return this.#loaded;
  }
}

/** What of a filter is about resources; members of a wrong type count as absent. */
function readFilter({
  resourcesListChanged,
  resourceSubscriptions,
}: JsonObject): Omit<ListenFilter, "toolsListChanged"> {
  const uris = Array.isArray(resourceSubscriptions) ? (resourceSubscriptions as readonly Json[]) : [];
  return {
    resourcesListChanged: resourcesListChanged === true,
    resourceSubscriptions: uris.filter((uri): uri is string => typeof uri === "string"),
  };
}
