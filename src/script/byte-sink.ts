const encoder = new TextEncoder();

/** Collects bytes of the WebAssembly binary format (core spec 5.2); several may be in use at once. */
export class ByteSink {
  #bytes = new Uint8Array(256);
  #at = 0;

  byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
    return this;
  }

  /** Unsigned LEB128 of a non-negative integer below 2^32. */
  u32(value: number): this {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
    return this;
  }

  /** Signed LEB128 of a 32-bit integer. */
  s32(value: number): this {
    this.#reserve(5);
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
      this.#bytes[this.#at++] = last ? low : low | 0x80;
      if (last) return this;
    }
  }

  raw(source: Uint8Array): this {
    this.#reserve(source.length);
    this.#bytes.set(source, this.#at);
    this.#at += source.length;
    return this;
  }

  /** A length and the bytes of it. */
  vector(source: Uint8Array): this {
    return this.u32(source.length).raw(source);
  }

  name(text: string): this {
    return this.vector(encoder.encode(text));
  }

  section(id: number, contents: ByteSink): this {
    return this.byte(id).vector(contents.taken());
  }

  /** What was collected so far; valid until the next write. */
  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at);
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}
