import type { Json, JsonObject } from "../../contract/json.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { canShowForm, clientPrincipal, instructions, serverInfo } from "./identity.ts";
import { LOGGING_CAPABILITY, readLogLevel } from "./logging.ts";
import { asObject, type Request } from "./message.ts";
import { approvalForm, type QuestionForm, readApproval } from "./question.ts";
import { ErrorCode, errorReply, type Replies } from "./reply.ts";
import type { ResourceRequests } from "./resource-requests.ts";
import { negotiate } from "./revisions.ts";
import type { SdkSession } from "./sdk-session.ts";
import type { ToolChanges } from "./tool-changes.ts";
import type { Caller, ToolService } from "./tool-service.ts";

const CANCELLED: Json = Object.freeze({ action: "cancel" });

/** What a session needs to know of the program around it. */
export interface SessionOptions {
  readonly version: string;
  readonly roots: readonly string[];
  readonly clock: () => number;
}

/**
 * The handshake revisions (2024-11-05 to 2025-11-25): one session for the process, opened by `initialize`.
 *
 * The five requests of an ordinary session are answered here, without waiting for the SDK: loading it takes longer
 * than everything else up to the first answer. It is loaded when a question must be asked, and then owns every
 * request that the server writes.
 */
export class LegacySession {
  readonly #options: SessionOptions;
  readonly #tools: ToolService;
  readonly #resources: ResourceRequests;
  readonly #changes: ToolChanges;
  readonly #writer: ByteWriter;
  readonly #replies: Replies;
  #caller: Caller | undefined;
  #initialize: JsonObject = {};
  #sdk: Promise<SdkSession> | undefined;
  #openSdk: SdkSession | undefined;

  constructor(
    options: SessionOptions,
    tools: ToolService,
    resources: ResourceRequests,
    changes: ToolChanges,
    writer: ByteWriter,
    replies: Replies,
  ) {
    this.#options = options;
    this.#tools = tools;
    this.#resources = resources;
    this.#changes = changes;
    this.#writer = writer;
    this.#replies = replies;
  }

  /** Answers one request that names no revision of its own; `undefined` when the reply comes later. */
  handle(request: Request, size: number): Uint8Array | undefined {
    const { id, method } = request;
    if (method === "initialize") return this.#handshake(request);
    const caller = this.#caller;
    if (method === "ping") return Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{}}\n`);
    if (caller === undefined) {
      // A request without a handshake is a request of 2026-07-28 that lacks its required fields (basic/index, `_meta`).
      const reason = "send initialize first, or name io.modelcontextprotocol/protocolVersion in params._meta";
      return errorReply(id, ErrorCode.invalidParams, reason);
    }
    if (method === "tools/call") return this.#tools.call(request, caller, size);
    if (method === "tools/list") return this.#tools.list(request, caller.revision);
    if (method === "logging/setLevel") return this.#setLogLevel(request, caller);
    if (this.#resources.handle(request, caller.revision)) return undefined;
    return errorReply(id, ErrorCode.methodNotFound, "method not found");
  }

  /** Takes a response of the client. One that nobody waits for is ignored. */
  receive(message: JsonObject): void {
    const { id, result, error } = message;
    // The SDK passes over a response that it cannot read, and the question would stay open until its time is over.
    const readable = asObject(result) !== undefined || asObject(error) !== undefined;
    const refused = { code: ErrorCode.invalidRequest, message: "the response has no result that is an object" };
    this.#openSdk?.receive(readable ? message : { jsonrpc: "2.0", id: id ?? null, error: refused });
  }

  /** From now on (2025-11-25, server/utilities/logging); calls that run go on as they began. */
  #setLogLevel({ id, params }: Request, caller: Caller): Uint8Array {
    const logFrom = readLogLevel(params.level);
    if (logFrom === undefined) return errorReply(id, ErrorCode.invalidParams, "params.level must be a log level");
    this.#caller = { ...caller, logFrom };
    return this.#replies.complete(id, caller.revision, "");
  }

  #handshake(request: Request): Uint8Array {
    const { id, params } = request;
    if (this.#caller !== undefined)
      return errorReply(id, ErrorCode.invalidRequest, "this session is initialized already");
    const capabilities = asObject(params.capabilities);
    const clientInfo = asObject(params.clientInfo);
    if (typeof params.protocolVersion !== "string" || capabilities === undefined || clientInfo === undefined) {
      const reason = "initialize needs protocolVersion (a string), capabilities and clientInfo (objects)";
      return errorReply(id, ErrorCode.invalidParams, reason);
    }
    const revision = negotiate(params.protocolVersion);
    const principal = clientPrincipal(clientInfo);
    this.#initialize = { protocolVersion: revision.version, capabilities, clientInfo };
    this.#caller =
      revision.structured && canShowForm(capabilities)
        ? {
            revision,
            principal,
            canAsk: true,
            ask: async (deferral, signal) =>
              readApproval(await this.#elicit(approvalForm(deferral), deferral.expiresAt, signal)),
            askForm: (form, expiresAt, signal) => this.#elicit(form, expiresAt, signal),
          }
        : { revision, principal, canAsk: false };

    this.#resources.sessionOpened();
    this.#changes.sessionOpened();

    const { title, ...info } = serverInfo(this.#options.version) as { [key: string]: Json };
    const result = {
      protocolVersion: revision.version,
      capabilities: { logging: LOGGING_CAPABILITY, ...this.#changes.capability, ...this.#resources.capability },
      serverInfo: revision.structured ? { ...info, title: title as Json } : info,
      instructions: instructions(this.#options.roots),
    };
    return this.#replies.complete(id, revision, JSON.stringify(result).slice(1, -1));
  }

  /** Asks through the client. Whatever goes wrong on the way counts as a cancel. */
  async #elicit(form: QuestionForm, expiresAt: number, signal: AbortSignal): Promise<Json> {
    const timeoutMs = expiresAt - this.#options.clock();
    if (timeoutMs <= 0) return CANCELLED;
    try {
      this.#sdk ??= this.#loadSdk();
      const sdk = await this.#sdk;
      return await sdk.elicit(form, { signal, timeoutMs: Math.min(timeoutMs, 2 ** 31 - 1) });
    } catch {
      return CANCELLED;
    }
  }

  async #loadSdk(): Promise<SdkSession> {
    const { openSdkSession } = await import("./sdk-session.ts");
    this.#openSdk = await openSdkSession({
      initialize: this.#initialize,
      serverInfo: { name: "tollgate", version: this.#options.version },
      send: (message) => this.#writer.send(Buffer.from(`${JSON.stringify(message)}\n`)),
    });
    return this.#openSdk;
  }
}
