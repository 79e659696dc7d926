/**
 * What {@link FrameReader.next} answers: the content of one message, a message over the bound (its content is
 * skipped, the next message is read as usual), or a header after which nothing can be trusted any more.
 */
export type Frame =
  | { readonly kind: "content"; readonly bytes: Uint8Array }
  | { readonly kind: "oversized"; readonly length: number }
  | { readonly kind: "malformed"; readonly reason: string };

/** Header bytes of one message, all fields together; real ones are below 100. */
const MAX_HEADER = 4096;
const HEADER_END = Buffer.from("\r\n\r\n");
/** The only media type there is, with the only charset, and its old misspelling (LSP 3.17, "Content Part"). */
const CONTENT_TYPE = /^application\/vscode-jsonrpc(; *charset="?utf-?8"?)?$/i;
/** No sign, no leading zero, no fraction: what two readers may read differently is refused. */
const LENGTH = /^(0|[1-9]\d{0,14})$/;

/**
 * Cuts a byte stream into Content-Length frames (LSP 3.17, "Base Protocol"); how the stream is cut into chunks
 * never changes the frames. Linear in the bytes; holds at most `maxContent` bytes and one chunk.
 *
 * A header that is not understood ends the stream: the length of what follows is unknown, and guessing it would
 * let the content of one message be read as another.
 */
export class FrameReader {
  readonly #maxContent: number;
  #chunk: Buffer = Buffer.alloc(0);
  #header: Buffer = Buffer.alloc(0);
  #content: Buffer | undefined;
  #filled = 0;
  #skip = 0;
  #broken = false;

  constructor(maxContent: number) {
    this.#maxContent = maxContent;
  }

  /** Gives the next chunk. Only after {@link next} has answered `undefined`. */
  push(chunk: Uint8Array): void {
    this.#chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }

  /** The next frame of what was pushed, or `undefined` when another chunk is needed. */
  next(): Frame | undefined {
    while (!this.#broken) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, this.#chunk.length);
        this.#skip -= skipped;
        this.#chunk = this.#chunk.subarray(skipped);
        if (this.#skip > 0) return undefined;
      }
      if (this.#content !== undefined) return this.#fill(this.#content);
      const length = this.#readHeader();
      if (length === undefined) return undefined;
      if (typeof length === "string") {
        this.#broken = true;
        return { kind: "malformed", reason: length };
      }
      if (length > this.#maxContent) {
        this.#skip = length;
        return { kind: "oversized", length };
      }
      this.#content = Buffer.allocUnsafe(length);
      this.#filled = 0;
    }
    return undefined;
  }

  #fill(content: Buffer): Frame | undefined {
    const taken = Math.min(content.length - this.#filled, this.#chunk.length);
    content.set(this.#chunk.subarray(0, taken), this.#filled);
    this.#filled += taken;
    this.#chunk = this.#chunk.subarray(taken);
    if (this.#filled < content.length) return undefined;
    this.#content = undefined;
    return { kind: "content", bytes: content };
  }

  /** The content length that the next header states, the reason why there is none, or `undefined` for "more". */
  #readHeader(): number | string | undefined {
    if (this.#chunk.length === 0) return undefined;
    const kept = this.#header.length;
    const window = this.#chunk.subarray(0, MAX_HEADER + HEADER_END.length - kept);
    const header = kept === 0 ? window : Buffer.concat([this.#header, window]);
    const end = header.indexOf(HEADER_END);
    if (end === -1) {
      if (header.length > MAX_HEADER) return `a header is longer than ${MAX_HEADER} bytes`;
      this.#header = Buffer.from(header);
      this.#chunk = Buffer.alloc(0);
      return undefined;
    }
    this.#header = Buffer.alloc(0);
    this.#chunk = this.#chunk.subarray(end + HEADER_END.length - kept);
    return parseHeader(header.toString("latin1", 0, end));
  }
}

function parseHeader(header: string): number | string {
  let length: number | undefined;
  for (const line of header.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) return "a header line has no colon";
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "content-length") {
      if (length !== undefined) return "Content-Length stands twice";
      if (!LENGTH.test(value)) return "Content-Length is not a plain decimal number";
      length = Number(value);
    } else if (name === "content-type" && !CONTENT_TYPE.test(value)) {
      return "Content-Type is not application/vscode-jsonrpc in UTF-8";
    }
  }
  return length ?? "Content-Length is missing";
}
