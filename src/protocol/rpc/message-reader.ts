import type { Readable } from "node:stream";
import { AbstractMessageReader, type DataCallback, type Disposable, type Message } from "vscode-jsonrpc/node";
import type { Json, JsonObject } from "../../contract/json.ts";
import { parseJson } from "../../contract/strict-json.ts";
import { FrameReader } from "./frame-reader.ts";

/** A message that the reader refuses by itself: what to answer, and to which request if that much is known. */
export interface Refusal {
  readonly code: -32700 | -32600;
  readonly message: string;
  readonly id: string | number | null;
}

export interface RequestReaderOptions {
  readonly input: Readable;
  /** Bytes that were read to choose the protocol. */
  readonly first: Uint8Array;
  /** Largest content of one message in bytes. */
  readonly maxContent: number;
  /** True while nothing more may be read: answers are waiting, or calls are at their bound. */
  readonly full: () => boolean;
  readonly refuse: (refusal: Refusal) => void;
}

/**
 * Hands on only messages that every reader reads alike, one at a time, and none while `full()`: content within its
 * bound, strict JSON (RFC 7493), requests with a string or integer id that is not in flight (JSON-RPC 2.0 §4), and
 * answers to requests of our own. Everything else is answered through `refuse`. vscode-jsonrpc's own reader bounds
 * neither headers nor content and answers nothing to what it cannot read.
 */
export class RequestReader extends AbstractMessageReader {
  readonly #options: RequestReaderOptions;
  readonly #frames: FrameReader;
  readonly #inFlight = new Set<string | number>();
  #callback: DataCallback | undefined;
  #ended = false;
  #inputEnded = false;
  /** Messages that the connection holds and has not begun. */
  #handedOn = 0;

  constructor(options: RequestReaderOptions) {
    super();
    this.#options = options;
    this.#frames = new FrameReader(options.maxContent);
    this.#frames.push(options.first);
  }

  override listen(callback: DataCallback): Disposable {
    const { input } = this.#options;
    this.#callback = callback;
    const onData = (chunk: Uint8Array) => {
      this.#frames.push(chunk);
      input.pause();
      this.resume();
    };
    const onEnd = () => {
      this.#inputEnded = true;
      this.resume();
    };
    input.on("data", onData);
    for (const event of ["end", "close", "error"]) input.on(event, onEnd);
    input.pause();
    // The stream may have ended while its first byte chose the protocol: then no event comes any more.
    if (input.readableEnded || input.destroyed) this.#inputEnded = true;
    this.resume();
    return {
      dispose: () => {
        input.off("data", onData);
        for (const event of ["end", "close", "error"]) input.off(event, onEnd);
      },
    };
  }

  /** Reads on where it stopped. To be called whenever `full()` may have become false. */
  resume(): void {
    while (!this.#ended && !this.#options.full()) {
      const frame = this.#frames.next();
      if (frame === undefined) {
        if (this.#inputEnded) this.#close();
        else this.#options.input.resume();
        return;
      }
      if (frame.kind === "content") this.#read(frame.bytes);
      else if (frame.kind === "oversized") {
        const { maxContent } = this.#options;
        this.#options.refuse({
          code: -32600,
          id: null,
          message: `message of ${frame.length} bytes is over the bound of ${maxContent}`,
        });
      } else {
        this.#options.refuse({
          code: -32700,
          id: null,
          message: `header is not understood: ${frame.reason}: the connection ends`,
        });
        this.#close();
      }
    }
  }

  /** Tells the end, once everything that was handed on has been begun: the connection begins one message a turn. */
  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    const turn = () => {
      if (this.#handedOn > 0) setImmediate(turn);
      else this.fireClose();
    };
    setImmediate(turn);
  }

  #oneBegun(): void {
    if (--this.#handedOn > 0) setImmediate(() => this.#oneBegun());
  }

  /** Frees the id of a request that was answered. */
  answered(id: string | number): void {
    this.#inFlight.delete(id);
  }

  #read(bytes: Uint8Array): void {
    const parsed = parseJson(bytes);
    if (!parsed.ok) {
      const code = parsed.kind === "syntax" ? -32700 : -32600;
      this.#options.refuse({ code, id: null, message: parsed.reason });
      return;
    }
    const wrong = this.#check(parsed.value);
    if (wrong !== undefined) this.#options.refuse(wrong);
    else if (!isIdleCancel(parsed.value as JsonObject)) this.#hand(parsed.value as JsonObject);
  }

  /** vscode-jsonrpc throws for some messages that it cannot use: no peer's message may end the program. */
  #hand(message: JsonObject): void {
    if (this.#handedOn++ === 0) setImmediate(() => this.#oneBegun());
    try {
      this.#callback?.(message as unknown as Message);
    } catch {
      this.#options.refuse({ code: -32600, id: null, message: "message is not understood" });
    }
  }

  #check(value: Json): Refusal | undefined {
    const refuse = (message: string, id: string | number | null = null): Refusal => ({ code: -32600, id, message });
    if (Array.isArray(value)) return refuse("batches are not supported: send one request a message");
    if (typeof value !== "object" || value === null) return refuse("message is not a JSON object");
    const { jsonrpc, method, params, id } = value as JsonObject;
    if (jsonrpc !== "2.0") return refuse('message is not JSON-RPC: "jsonrpc" must be "2.0"');
    if (method === undefined) {
      return "result" in value || "error" in value ? undefined : refuse("message is neither a request nor an answer");
    }
    const known = typeof id === "string" || (typeof id === "number" && Number.isSafeInteger(id)) ? id : null;
    if (typeof method !== "string") return refuse('"method" is not a string', known);
    if (params !== undefined && (typeof params !== "object" || params === null)) {
      return refuse('"params" is neither an object nor an array', known);
    }
    if (id === undefined) return undefined;
    if (known === null) return refuse("request id is neither a string nor an integer");
    if (this.#inFlight.has(known)) return refuse("a request of the same id is in flight");
    this.#inFlight.add(known);
    return undefined;
  }
}

/** A cancellation that names no request there can be: ignored, as one for a request that is done would be. */
function isIdleCancel({ method, params }: JsonObject): boolean {
  if (method !== "$/cancelRequest") return false;
  if (typeof params !== "object" || params === null || Array.isArray(params)) return true;
  const { id } = params as JsonObject;
  return typeof id !== "string" && !Number.isSafeInteger(id);
}
