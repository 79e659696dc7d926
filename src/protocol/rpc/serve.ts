import { createMessageConnection, ErrorCodes, type MessageConnection, ResponseError } from "vscode-jsonrpc/node";
import type { Json, JsonObject } from "../../contract/json.ts";
import { ByteWriter } from "../byte-writer.ts";
import { isFault } from "../host-opening.ts";
import { EXIT_HOST_FAILED, type Serving } from "../serving.ts";
import { watchClient } from "./client-watch.ts";
import { InboxNotifications, MESSAGE_METHOD } from "./inbox-notifications.ts";
import { Lifecycle } from "./lifecycle.ts";
import { RequestReader } from "./message-reader.ts";
import { FrameWriter } from "./message-writer.ts";
import { TOOLS_CHANGED, ToolChanges } from "./tool-changes.ts";
import { ToolMethods } from "./tool-methods.ts";

/** Bytes of one message's content at most. */
const MAX_CONTENT_BYTES = 10 * 1_048_576;
/** What the end may take: flushing answers, and closing the host. Together less than a second. */
const FLUSH_MS = 300;
const CLOSE_MS = 600;

/**
 * Serves JSON-RPC 2.0 with Content-Length framing and the LSP life cycle until the client leaves, and answers the
 * exit code: 0 when `shutdown` came before `exit` or the end of the input, else 1. Every tool is a method by its
 * dotted name, its params the arguments; `tools/list` describes them. What is sent to the client, or to a topic that it
 * is subscribed to, is told by the notification `ipc/message`. Never rejects.
 *
 * Source: JSON-RPC 2.0; LSP 3.17, "Base Protocol" and "Server lifecycle".
 */
export function serveRpc(serving: Serving): Promise<number> {
  return new Promise((resolve) => new Connection(serving, resolve).start());
}

class Connection {
  readonly #serving: Serving;
  readonly #resolve: (exitCode: number) => void;
  readonly #lifecycle = new Lifecycle();
  readonly #bytes: ByteWriter;
  readonly #reader: RequestReader;
  readonly #connection: MessageConnection;
  readonly #methods: ToolMethods;
  readonly #changes: ToolChanges;
  #messages: InboxNotifications | undefined;
  #stopWatching: () => void = () => {};
  #ended = false;
  #hostFailed = false;

  constructor(serving: Serving, resolve: (exitCode: number) => void) {
    this.#serving = serving;
    this.#resolve = resolve;
    this.#bytes = new ByteWriter(serving.output, {
      onDrain: () => this.#advance(),
      onBroken: () => void this.#end("the client closed its end of the output", this.#lifecycle.exitCode),
    });
    this.#reader = new RequestReader({
      input: serving.input,
      first: serving.head,
      maxContent: MAX_CONTENT_BYTES,
      full: () => this.#bytes.full || this.#methods.full,
      refuse: ({ id, code, message }) =>
        void this.#writer.write({ jsonrpc: "2.0", id, error: { code, message } } as never),
    });
    this.#connection = createMessageConnection(this.#reader, this.#writer, silent);
    this.#methods = new ToolMethods(this.#connection, this.#bytes, serving.clock, () => this.#reader.resume());
    this.#changes = new ToolChanges(this.#connection, this.#bytes, () => this.#lifecycle.isOpen);
  }

  readonly #writer = new FrameWriter(
    (message) => this.#bytes.send(message),
    (id) => this.#reader.answered(id),
  );

  start(): void {
    const { stop } = this.#serving;
    this.#connection.onRequest((method, params, token) => this.#request(method, params as Json | undefined, token));
    this.#connection.onNotification((method) => {
      if (method === "exit") void this.#end("the client sent exit", this.#lifecycle.exitCode);
    });
    this.#connection.onUnhandledNotification(() => {});
    this.#connection.onClose(() => void this.#end("the input ended", this.#lifecycle.exitCode));
    stop?.addEventListener("abort", this.#onStop);
    this.#connection.listen();
    if (stop?.aborted === true) this.#onStop();
    // After the first messages: opening the host must not delay the handshake.
    setImmediate(() => void this.#openHost());
  }

  readonly #onStop = () => void this.#end("the program was told to stop", 0);

  async #openHost(): Promise<void> {
    const host = await this.#serving.opening.ready();
    if (this.#ended) return;
    if (isFault(host)) {
      this.#hostFailed = true;
      return this.#end(host.message, EXIT_HOST_FAILED);
    }
    if (host.inbox !== undefined) this.#messages = new InboxNotifications(this.#connection, this.#bytes, host.inbox);
    this.#methods.open(host);
    this.#changes.open(host);
  }

  #request(method: string, params: Json | undefined, token: Parameters<ToolMethods["call"]>[2]): unknown {
    const refused = this.#lifecycle.refuse(method);
    if (refused !== undefined) return refused;
    switch (method) {
      case "initialize":
        return this.#initialize(params);
      case "shutdown":
        this.#lifecycle.shutDown();
        return null;
      case "tools/list":
        return this.#methods.list();
      default:
        return this.#methods.call(method, params, token);
    }
  }

  #initialize(params: Json | undefined): unknown {
    if (params !== undefined && Array.isArray(params)) {
      return new ResponseError(ErrorCodes.InvalidParams, "initialize takes its parameters by name");
    }
    const given = (params ?? {}) as JsonObject;
    const { processId } = given;
    if (
      processId !== undefined &&
      processId !== null &&
      !(Number.isSafeInteger(processId) && (processId as number) > 0)
    ) {
      return new ResponseError(ErrorCodes.InvalidParams, '"processId" is neither a process id nor null');
    }
    if (typeof processId === "number") {
      this.#stopWatching = watchClient(processId, () => void this.#end("the client's process is gone", 1));
    }
    this.#methods.introduce(given);
    this.#lifecycle.initialized();
    return {
      capabilities: {
        tools: { list: "tools/list", ...(this.#hasLiveTools && { listChanged: TOOLS_CHANGED }) },
        ...(this.#hasInbox && { ipc: { message: MESSAGE_METHOD } }),
        positionEncoding: "utf-16",
      },
      serverInfo: { name: "tollgate", version: this.#serving.version },
    };
  }

  get #hasLiveTools(): boolean {
    const { opening, liveTools } = this.#serving;
    return opening.host === undefined ? liveTools === true : opening.host.onToolsChanged !== undefined;
  }

  get #hasInbox(): boolean {
    const { opening, inbox } = this.#serving;
    return opening.host === undefined ? inbox === true : opening.host.inbox !== undefined;
  }

  #advance(): void {
    this.#methods.advance();
    this.#messages?.advance();
    this.#changes.advance();
    this.#reader.resume();
  }

  async #end(reason: string, exitCode: number): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopWatching();
    const { input, opening, stop } = this.#serving;
    stop?.removeEventListener("abort", this.#onStop);
    this.#methods.end();
    this.#messages?.end();
    this.#changes.end();
    await this.#bytes.drained(FLUSH_MS);
    this.#connection.dispose();
    if (!this.#hostFailed) {
      await Promise.race([opening.close(reason), new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
    }
    input.destroy();
    this.#resolve(exitCode);
  }
}

/** vscode-jsonrpc logs to the console by default, which may be the channel itself. */
const silent = { error: () => {}, warn: () => {}, info: () => {}, log: () => {} };
