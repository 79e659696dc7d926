/** What a run wrote to one of its output streams. The buffer is kept between runs unless it grew large. */
export class OutputBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(source: Buffer, start: number, end: number): void {
    const needed = this.#length + (end - start);
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    source.copy(this.#bytes, this.#length, start, end);
    this.#length = needed;
  }

  /** What was written, as a copy of its own; the buffer is empty afterwards. */
  take(): Uint8Array {
    if (this.#length === 0) return new Uint8Array(0);
    const taken = new Uint8Array((this.#bytes.buffer as ArrayBuffer).slice(0, this.#length));
    this.#length = 0;
    if (this.#bytes.length > KEPT) this.#bytes = Buffer.allocUnsafeSlow(INITIAL);
    return taken;
  }
}

const INITIAL = 16 * 1024;
const KEPT = 1024 * 1024;
