import type { InboxNews } from "../../contract/messages.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { oncePerTurn } from "../once-per-turn.ts";
import type { Exchange, Exchanges } from "./exchanges.ts";
import { notification, notify } from "./notification.ts";
import { INBOX_URI, type ResourceName, readUri, TOPICS_URI } from "./resource-uri.ts";

/** URIs that one stream or session watches. */
const MAX_URIS = 512;

/** What a client wants to be told of. Types that this server does not know are left out. */
export interface ListenFilter {
  /** Acknowledged here, and told by whoever watches tools. */
  readonly toolsListChanged: boolean;
  readonly resourcesListChanged: boolean;
  readonly resourceSubscriptions: readonly string[];
}

/** Whoever is told: a stream of 2026-07-28, or the session. */
interface Watcher {
  /** Absent for the session. */
  readonly exchange?: Exchange;
  list: boolean;
  /** By the URI in our spelling, the spellings that the client watches it by. */
  readonly uris: Map<string, Set<string>>;
  listChanged: boolean;
  /** What changed and was not told yet, in the client's spelling. */
  readonly changed: Set<string>;
}

/**
 * Tells clients that resources changed: of one resource once for all messages of one turn, and nothing while the client does
 * not read what it is sent; then it is told once when it reads again. So what waits is bounded by what is watched.
 */
export class ResourceWatch {
  readonly #exchanges: Exchanges;
  readonly #writer: ByteWriter;
  readonly #watchers = new Set<Watcher>();
  readonly #session: Watcher = newWatcher(undefined, false);
  readonly #advanceSoon = oncePerTurn(() => this.advance());

  constructor(exchanges: Exchanges, writer: ByteWriter) {
    this.#exchanges = exchanges;
    this.#writer = writer;
    this.#watchers.add(this.#session);
  }

  /** Opens a stream; the answer acknowledges what of the filter is honoured (2026-07-28, basic/patterns/subscriptions). */
  open(exchange: Exchange, filter: ListenFilter): Uint8Array {
    const watcher = newWatcher(exchange, filter.resourcesListChanged);
    const honoured = filter.resourceSubscriptions.filter((uri) => {
      const name = readUri(uri);
      return name !== undefined && add(watcher, uri, name);
    });
    this.#watchers.add(watcher);
    exchange.signal.addEventListener("abort", () => this.#watchers.delete(watcher));
    const notifications = {
      ...(filter.toolsListChanged && { toolsListChanged: true }),
      ...(filter.resourcesListChanged && { resourcesListChanged: true }),
      ...(honoured.length > 0 && { resourceSubscriptions: honoured }),
    };
    return notification(exchange, "notifications/subscriptions/acknowledged", { notifications });
  }

  openSession(): void {
    this.#session.list = true;
  }

  /** Watches a resource for the session (2025-11-25, server/resources, subscriptions); false beyond the bound. */
  subscribe(uri: string, name: ResourceName): boolean {
    return add(this.#session, uri, name);
  }

  unsubscribe(uri: string, name: ResourceName): void {
    this.#session.uris.get(name.uri)?.delete(uri);
    if (this.#session.uris.get(name.uri)?.size === 0) this.#session.uris.delete(name.uri);
    this.#session.changed.delete(uri);
  }

  hear(news: InboxNews): void {
    if (news.kind === "subscriptions") {
      for (const watcher of this.#watchers) watcher.listChanged = watcher.list;
    } else {
      const changed = news.patterns.length === 0 ? [INBOX_URI] : news.patterns.map((one) => `${TOPICS_URI}${one}`);
      for (const watcher of this.#watchers) {
        for (const uri of changed) {
          for (const spelling of watcher.uris.get(uri) ?? []) watcher.changed.add(spelling);
        }
      }
    }
    this.#advanceSoon();
  }

  /** Tells what waits to be told, while the client reads. */
  advance(): void {
    for (const watcher of this.#watchers) {
      if (watcher.listChanged && !this.#writer.full) {
        watcher.listChanged = false;
        this.#send(watcher, "notifications/resources/list_changed", {});
      }
      for (const uri of watcher.changed) {
        if (this.#writer.full) return;
        watcher.changed.delete(uri);
        this.#send(watcher, "notifications/resources/updated", { uri });
      }
    }
  }

  #send({ exchange }: Watcher, method: string, params: object): void {
    notify(this.#writer, this.#exchanges, exchange, method, params);
  }
}

function newWatcher(exchange: Exchange | undefined, list: boolean): Watcher {
  return { ...(exchange && { exchange }), list, uris: new Map(), listChanged: false, changed: new Set() };
}

function add({ uris }: Watcher, spelling: string, { uri }: ResourceName): boolean {
  let spellings = uris.get(uri);
  if (spellings === undefined) {
    if (uris.size >= MAX_URIS) return false;
    spellings = new Set();
    uris.set(uri, spellings);
  }
  if (!spellings.has(spelling) && spellings.size >= 4) return false;
  spellings.add(spelling);
  return true;
}
