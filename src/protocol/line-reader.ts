/** What {@link LineReader.next} answers: one line without its end, or a line that went over the bound. */
export type Line = { readonly kind: "line"; readonly bytes: Uint8Array } | { readonly kind: "oversized" };

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** What the engine needs for a chunk beside its bytes, roughly. */
const CHUNK_COST_BYTES = 256;
const FIRST_CAPACITY = 4096;
/** A larger buffer is given back after its line, so that one big message does not stay in memory. */
const KEPT_CAPACITY = 65_536;

/**
 * Cuts a byte stream into lines; how the stream is cut into chunks never changes the lines. Linear in the bytes,
 * also for a long line in small chunks; holds what was pushed and not read yet, and `maxLine` bytes (twice that
 * while it grows).
 *
 * A line ends with LF or CR LF (MCP 2026-07-28, basic/transports/stdio); empty lines are left out. A line of more
 * than `maxLine` bytes is reported once as `oversized` as soon as that is known, and skipped to its end.
 * Pull-based, so that a caller can stop between two lines of one chunk. The bytes of a line are valid until the
 * next call only.
 */
export class LineReader {
  readonly #maxLine: number;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #pending = Buffer.allocUnsafe(FIRST_CAPACITY);
  #pendingLength = 0;
  #skipping = false;

  constructor(maxLine: number) {
    this.#maxLine = maxLine;
  }

  /** Memory that waits to be read: bytes, and something for each chunk, so that tiny chunks count too. */
  get backlogBytes(): number {
    return this.#waitingBytes + this.#chunk.length - this.#at;
  }

  /** Gives the next chunk. */
  push(chunk: Uint8Array): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length + CHUNK_COST_BYTES;
  }

  /** The next line of what was pushed, or `undefined` when another chunk is needed. */
  next(): Line | undefined {
    while (this.#at < this.#chunk.length || this.#advance()) {
      const start = this.#at;
      const newline = this.#chunk.indexOf(NEWLINE, start);
      const end = newline === -1 ? this.#chunk.length : newline;
      this.#at = newline === -1 ? end : end + 1;

      if (this.#skipping) {
        if (newline !== -1) this.#skipping = false;
        continue;
      }
      if (this.#pendingLength + (end - start) > this.#maxLine + 1) {
        this.#skipping = newline === -1;
        this.#release();
        return { kind: "oversized" };
      }
      if (newline === -1) {
        this.#keep(start, end);
        continue;
      }
      const line = this.#finish(start, end);
      if (line !== undefined) return line;
    }
    return undefined;
  }

  /** The last line, when the stream ended without a newline. Only after {@link next} has answered `undefined`. */
  end(): Line | undefined {
    return this.#finish(this.#at, this.#at);
  }

  #advance(): boolean {
    const chunk = this.#waiting.shift();
    if (chunk === undefined) return false;
    this.#waitingBytes -= chunk.length + CHUNK_COST_BYTES;
    this.#chunk = chunk;
    this.#at = 0;
    return true;
  }

  #finish(start: number, end: number): Line | undefined {
    let bytes: Uint8Array;
    if (this.#pendingLength === 0) {
      bytes = this.#chunk.subarray(start, end);
    } else {
      this.#keep(start, end);
      bytes = this.#pending.subarray(0, this.#pendingLength);
      this.#release();
    }
    if (bytes[bytes.length - 1] === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
    if (bytes.length > this.#maxLine) return { kind: "oversized" };
    return bytes.length === 0 ? undefined : { kind: "line", bytes };
  }

  #keep(start: number, end: number): void {
    const needed = this.#pendingLength + (end - start);
    if (needed > this.#pending.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(this.#pending.length * 2, this.#maxLine + 1)));
      grown.set(this.#pending.subarray(0, this.#pendingLength));
      this.#pending = grown;
    }
    this.#pending.set(this.#chunk.subarray(start, end), this.#pendingLength);
    this.#pendingLength = needed;
  }

  #release(): void {
    this.#pendingLength = 0;
    if (this.#pending.length > KEPT_CAPACITY) this.#pending = Buffer.allocUnsafe(FIRST_CAPACITY);
  }
}
