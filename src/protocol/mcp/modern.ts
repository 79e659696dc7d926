import type { JsonObject } from "../../contract/json.ts";
import type { Exchange, Exchanges } from "./exchanges.ts";
import { canShowForm, clientPrincipal, instructions } from "./identity.ts";
import type { SessionOptions } from "./legacy-session.ts";
import { LOG_LEVEL, LOGGING_CAPABILITY, readLogLevel } from "./logging.ts";
import { asObject, type Request } from "./message.ts";
import { SUBSCRIPTION_ID } from "./notification.ts";
import { ErrorCode, errorReply, type Replies } from "./reply.ts";
import type { ResourceRequests } from "./resource-requests.ts";
import { MODERN, MODERN_REVISIONS } from "./revisions.ts";
import type { ToolChanges } from "./tool-changes.ts";
import type { ToolService } from "./tool-service.ts";

const PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion";
const CLIENT_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
const CLIENT_INFO = "io.modelcontextprotocol/clientInfo";
/** The server's identity cannot change while this process lives. */
const DISCOVER_TTL_MS = 300_000;
const MAX_SUBSCRIPTIONS = 64;

/** The `_meta` of a request of the stateless era, or `undefined` for a request that belongs to a session. */
export function modernMeta(request: Request): JsonObject | undefined {
  const meta = Object.hasOwn(request.params, "_meta") ? asObject(request.params._meta) : undefined;
  if (meta === undefined) return undefined;
  const named =
    Object.hasOwn(meta, PROTOCOL_VERSION) ||
    Object.hasOwn(meta, CLIENT_CAPABILITIES) ||
    Object.hasOwn(meta, CLIENT_INFO);
  return named ? meta : undefined;
}

/**
 * The stateless revision 2026-07-28: each request stands alone, whatever came before it on the connection.
 */
export class ModernRequests {
  readonly #options: SessionOptions;
  readonly #tools: ToolService;
  readonly #resources: ResourceRequests;
  readonly #changes: ToolChanges;
  readonly #exchanges: Exchanges;
  readonly #replies: Replies;
  #subscriptions = 0;

  constructor(
    options: SessionOptions,
    tools: ToolService,
    resources: ResourceRequests,
    changes: ToolChanges,
    exchanges: Exchanges,
    replies: Replies,
  ) {
    this.#options = options;
    this.#tools = tools;
    this.#resources = resources;
    this.#changes = changes;
    this.#exchanges = exchanges;
    this.#replies = replies;
  }

  /** Answers one request with its own `_meta` (2026-07-28, basic/index and basic/versioning), or answers it later. */
  handle(request: Request, meta: JsonObject, size: number): Uint8Array | undefined {
    const { id, method } = request;
    const refuse = (code: number, reason: string, data?: JsonObject) => errorReply(id, code, reason, data);
    const version = meta[PROTOCOL_VERSION];
    if (typeof version !== "string") {
      return refuse(ErrorCode.invalidParams, `params._meta must name ${PROTOCOL_VERSION} as a string`);
    }
    if (version !== MODERN.version) {
      const data = { supported: [...MODERN_REVISIONS], requested: version.slice(0, 64) };
      return refuse(ErrorCode.unsupportedProtocolVersion, "unsupported protocol version", data);
    }
    const capabilities = asObject(meta[CLIENT_CAPABILITIES]);
    if (capabilities === undefined) {
      return refuse(ErrorCode.invalidParams, `params._meta must hold ${CLIENT_CAPABILITIES} as an object`);
    }
    const clientInfo = Object.hasOwn(meta, CLIENT_INFO) ? asObject(meta[CLIENT_INFO]) : undefined;

    switch (method) {
      case "tools/call": {
        const level = Object.hasOwn(meta, LOG_LEVEL) ? meta[LOG_LEVEL] : undefined;
        const logFrom = readLogLevel(level);
        if (level !== undefined && logFrom === undefined)
          return refuse(ErrorCode.invalidParams, `params._meta holds ${LOG_LEVEL}, which is no log level`);
        const caller = {
          revision: MODERN,
          principal: clientPrincipal(clientInfo),
          canAsk: canShowForm(capabilities),
          ...(logFrom !== undefined && { logFrom }),
        };
        return this.#tools.call(request, caller, size);
      }
      case "tools/list":
        return this.#tools.list(request, MODERN);
      case "server/discover":
        return this.#replies.complete(id, MODERN, this.#discovery());
      case "subscriptions/listen":
        return this.#listen(request);
      case "resources/subscribe":
      case "resources/unsubscribe":
        return refuse(ErrorCode.methodNotFound, "method not found: this revision has subscriptions/listen");
      default:
        if (this.#resources.handle(request, MODERN)) return undefined;
        return refuse(ErrorCode.methodNotFound, "method not found");
    }
  }

  #discovery(): string {
    const discovery = {
      supportedVersions: MODERN_REVISIONS,
      capabilities: { logging: LOGGING_CAPABILITY, ...this.#changes.capability, ...this.#resources.capability },
      instructions: instructions(this.#options.roots),
      ttlMs: DISCOVER_TTL_MS,
      cacheScope: "private",
    };
    return JSON.stringify(discovery).slice(1, -1);
  }

  /**
   * Opens a subscription (2026-07-28, basic/patterns/subscriptions). Only resources and tools change in this process:
   * where the filter names neither, the acknowledged one is empty; the stream still lives until either side ends it.
   */
  #listen(request: Request): Uint8Array | undefined {
    const { id } = request;
    const notifications = asObject(request.params.notifications);
    if (notifications === undefined) {
      return errorReply(id, ErrorCode.invalidParams, "params.notifications must be an object");
    }
    if (this.#subscriptions >= MAX_SUBSCRIPTIONS) {
      return errorReply(id, ErrorCode.internal, `more than ${MAX_SUBSCRIPTIONS} subscriptions are open: cancel one`);
    }
    this.#subscriptions++;
    const subscription = `"_meta":{"${SUBSCRIPTION_ID}":${JSON.stringify(id)}`;
    const farewell = Buffer.from(
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"resultType":"complete",${subscription}}}}\n`,
    );
    const begin = () => {
      const exchange = this.#exchanges.begin(id, farewell);
      exchange.signal.addEventListener("abort", () => this.#subscriptions--);
      return exchange;
    };
    const tools = this.#changes.wanted(notifications);
    const watch = (exchange: Exchange) => tools && this.#changes.watch(exchange);
    if (this.#resources.listen(begin, notifications, tools, watch)) return undefined;
    watch(begin());
    const params = `{${subscription}},"notifications":{${tools ? '"toolsListChanged":true' : ""}}}`;
    return Buffer.from(`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":${params}}\n`);
  }
}
