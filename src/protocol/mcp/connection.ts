import type { ToolHost } from "../../contract/call.ts";
import type { Fault } from "../../contract/fault.ts";
import { parseJson } from "../../contract/strict-json.ts";
import { ByteWriter } from "../byte-writer.ts";
import { isFault } from "../host-opening.ts";
import { LineReader } from "../line-reader.ts";
import { createToolNames } from "../names.ts";
import { EXIT_HOST_FAILED, type Serving } from "../serving.ts";
import { Exchanges } from "./exchanges.ts";
import { serverInfo } from "./identity.ts";
import { LegacySession } from "./legacy-session.ts";
import { classify, type Message, readId } from "./message.ts";
import { ModernRequests, modernMeta } from "./modern.ts";
import { createReplies, ErrorCode, errorReply } from "./reply.ts";
import { ResourceRequests } from "./resource-requests.ts";
import { ToolChanges } from "./tool-changes.ts";
import { createToolList } from "./tool-list.ts";
import { ToolService } from "./tool-service.ts";

/** Bytes of one line at most; a longer one is refused and skipped. */
export const MAX_LINE_BYTES = 10 * 1_048_576;
/** Bytes that are read and left alone while the client does not read its replies. */
const MAX_BACKLOG_BYTES = 262_144;
/** What the end may take: flushing replies, and closing the host. Together less than a second. */
const FLUSH_MS = 300;
const CLOSE_MS = 600;

/**
 * Serves MCP on the streams until the client leaves, and answers the exit code. Each line gets at most one reply;
 * memory is bounded by reading no further while replies wait to be read. Never rejects.
 *
 * Wire rules: MCP 2026-07-28, basic/transports/stdio, and JSON-RPC 2.0 §5.1 for errors.
 */
export function serveMcp(serving: Serving): Promise<number> {
  return new Promise((resolve) => new Connection(serving, resolve).start());
}

class Connection {
  readonly #serving: Serving;
  readonly #resolve: (exitCode: number) => void;
  readonly #reader = new LineReader(MAX_LINE_BYTES);
  readonly #writer: ByteWriter;
  readonly #exchanges: Exchanges;
  readonly #tools: ToolService;
  readonly #resources: ResourceRequests;
  readonly #changes: ToolChanges;
  readonly #legacy: LegacySession;
  readonly #modern: ModernRequests;
  readonly #onChunk = (chunk: Uint8Array) => {
    this.#reader.push(chunk);
    this.#pump();
  };
  readonly #onEnd = () => {
    this.#inputEnded = true;
    this.#pump();
    // Whoever closed the input without reading the replies will not read them now.
    if (this.#writer.full) void this.#end("the input ended", 0);
  };
  readonly #onStop = () => void this.#end("the program was told to stop", 0);
  #inputEnded = false;
  #ended = false;
  #pumping = false;

  constructor(serving: Serving, resolve: (exitCode: number) => void) {
    this.#serving = serving;
    this.#resolve = resolve;
    const replies = createReplies(serverInfo(serving.version));
    this.#writer = new ByteWriter(serving.output, {
      onDrain: () => {
        this.#tools.advance();
        this.#resources.advance();
        this.#changes.advance();
        this.#pump();
      },
      onBroken: () => void this.#end("the client closed its end of the output", 0),
    });
    this.#exchanges = new Exchanges(this.#writer);
    this.#tools = new ToolService(this.#exchanges, this.#writer, replies);
    this.#resources = new ResourceRequests(serving, this.#exchanges, this.#writer, replies);
    this.#changes = new ToolChanges(serving, this.#exchanges, this.#writer);
    this.#legacy = new LegacySession(serving, this.#tools, this.#resources, this.#changes, this.#writer, replies);
    this.#modern = new ModernRequests(serving, this.#tools, this.#resources, this.#changes, this.#exchanges, replies);
  }

  start(): void {
    const { input, head, stop } = this.#serving;
    input.on("data", this.#onChunk);
    input.on("end", this.#onEnd);
    input.on("close", this.#onEnd);
    input.on("error", this.#onEnd);
    stop?.addEventListener("abort", this.#onStop);
    if (stop?.aborted === true) {
      this.#onStop();
      return;
    }
    if (input.readableEnded || input.destroyed) this.#inputEnded = true;
    this.#onChunk(head);
    // After the first messages: opening the host must not delay the handshake.
    setImmediate(() => void this.#openHost());
  }

  async #openHost(): Promise<void> {
    const host = await this.#serving.opening.ready();
    if (this.#ended) return;
    if (isFault(host)) return this.#end(host.message, EXIT_HOST_FAILED);
    const refused = this.#show(host);
    if (refused !== undefined) return this.#end(refused.message, EXIT_HOST_FAILED);
    this.#changes.open(host, () => this.#show(host));
    this.#resources.open(host);
  }

  /** Lists the tools as they are now; answers why they cannot be, and then leaves the list as it was. */
  #show(host: ToolHost): Fault | undefined {
    const tools = host.tools();
    const names = createToolNames(
      tools.map((tool) => tool.name),
      this.#serving.toolNames,
    );
    if ("code" in names) return names;
    this.#tools.open({ host, names, list: createToolList(tools, names) });
    return undefined;
  }

  /** Handles what was read, until it runs out or there is no room for what it would cause. */
  #pump(): void {
    if (this.#pumping || this.#ended) return;
    this.#pumping = true;
    for (;;) {
      if (this.#ended) break;
      if (this.#writer.full) {
        // A little is read all the same: otherwise the end of the input could not be noticed.
        if (this.#reader.backlogBytes > MAX_BACKLOG_BYTES) this.#serving.input.pause();
        break;
      }
      const line = this.#reader.next() ?? (this.#inputEnded ? this.#reader.end() : undefined);
      if (line !== undefined) {
        if (line.kind === "line") this.#handleLine(line.bytes);
        else this.#refuse(null, ErrorCode.invalidRequest, `a line is longer than ${MAX_LINE_BYTES} bytes`);
      } else if (this.#inputEnded) {
        void this.#end("the input ended", 0);
      } else {
        this.#serving.input.resume();
        break;
      }
    }
    this.#pumping = false;
  }

  #handleLine(bytes: Uint8Array): void {
    const parsed = parseJson(bytes);
    if (parsed.ok) {
      this.#handle(classify(parsed.value), bytes.length);
      return;
    }
    if (isBlank(bytes)) return;
    const code = parsed.kind === "syntax" ? ErrorCode.parse : ErrorCode.invalidRequest;
    this.#refuse(null, code, parsed.reason);
  }

  #handle(message: Message, size: number): void {
    switch (message.kind) {
      case "request": {
        const { request } = message;
        if (this.#exchanges.has(request.id)) {
          this.#refuse(request.id, ErrorCode.invalidRequest, "a request with this id is under way");
          return;
        }
        const meta = modernMeta(request);
        const reply =
          meta === undefined ? this.#legacy.handle(request, size) : this.#modern.handle(request, meta, size);
        if (reply !== undefined) this.#writer.send(reply);
        return;
      }
      case "notification": {
        if (message.method !== "notifications/cancelled") return;
        const id = readId(message.params.requestId);
        const exchange = id === undefined ? undefined : this.#exchanges.cancel(id);
        if (exchange !== undefined) this.#tools.drop(exchange);
        return;
      }
      case "response":
        this.#legacy.receive(message.message);
        return;
      case "invalid":
        this.#refuse(message.id, ErrorCode.invalidRequest, message.reason);
        return;
    }
  }

  #refuse(id: string | number | null, code: number, reason: string): void {
    this.#writer.send(errorReply(id, code, reason));
  }

  async #end(reason: string, exitCode: number): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { input, opening, stop } = this.#serving;
    stop?.removeEventListener("abort", this.#onStop);
    input.off("data", this.#onChunk);
    input.pause();
    this.#exchanges.end();
    await this.#writer.drained(FLUSH_MS);
    const closed = exitCode === EXIT_HOST_FAILED || (await atMost(CLOSE_MS, opening.close(reason), true));
    input.destroy();
    this.#resolve(closed ? exitCode : EXIT_HOST_FAILED);
  }
}

/** What the work answers, or `late` after `ms` without it. */
async function atMost(ms: number, work: Promise<boolean>, late: boolean): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  const answer = await Promise.race([work.catch(() => late), deadline]);
  clearTimeout(timer);
  return answer;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
