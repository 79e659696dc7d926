/** Scratch space that is kept between modules; larger ones are given back so that one big module pins no memory. */
const KEPT_BYTES = 4 * 1024 * 1024;
let scratch = new Uint8Array(256 * 1024);

/** How many bytes `value` takes as an unsigned LEB128. */
export function lebSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Appends the binary format's primitives to a growing buffer. One writer at a time: all share one scratch buffer. */
export class BinaryWriter {
  bytes: Uint8Array<ArrayBuffer>;
  at = 0;
  #view: DataView;

  /** `expected` is a guess of how many bytes will be written, which saves moving them. */
  constructor(expected: number) {
    if (scratch.length < expected && expected <= KEPT_BYTES) scratch = new Uint8Array(expected);
    this.bytes = scratch.length < expected ? new Uint8Array(expected) : scratch;
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes; the writes below it do not check again. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
    if (grown.length <= KEPT_BYTES) scratch = grown;
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** Unsigned LEB128 of a non-negative integer. */
  u32(value: number): void {
    if (value < 0x80) {
      this.bytes[this.at++] = value;
      return;
    }
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }

  /** Signed LEB128 of a non-negative safe integer. */
  signed(value: number): void {
    let rest = value;
    while (rest >= 0x40) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }

  /** Signed LEB128 of the negative of a positive safe integer. */
  negative(value: number): void {
    let rest = -value;
    while (rest < -0x40) {
      const low = ((rest % 128) + 128) % 128;
      this.bytes[this.at++] = low | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest & 0x7f;
  }

  /** Copies `source[from, to)`, reserving room for it. */
  copy(source: Uint8Array, from: number, to: number): void {
    this.reserve(to - from);
    this.run(source, from, to);
  }

  /** Copies `source[from, to)` into room reserved before. */
  run(source: Uint8Array, from: number, to: number): void {
    this.bytes.set(source.subarray(from, to), this.at);
    this.at += to - from;
  }

  /**
   * The same for a short run: it may take three bytes more of the room, which what is written next overwrites. Not at the
   * very end of the source.
   */
  shortRun(source: DataView, from: number, to: number): void {
    const view = this.#view;
    const { at } = this;
    for (let i = from, next = at; i < to; i += 4, next += 4) view.setInt32(next, source.getInt32(i, true), true);
    this.at = at + to - from;
  }

  name(text: string): void {
    const encoded = Buffer.from(text, "utf8");
    this.reserve(encoded.length + 5);
    this.u32(encoded.length);
    this.copy(encoded, 0, encoded.length);
  }

  /** Opens a length-prefixed span; `expected` is a guess of its length that saves moving it. */
  open(expected: number): { start: number; prefix: number } {
    this.reserve(5);
    const prefix = lebSize(expected);
    this.at += prefix;
    return { start: this.at, prefix };
  }

  /** Writes the length in front of what was written since {@link open}. */
  close(span: { start: number; prefix: number }): void {
    const length = this.at - span.start;
    const prefix = lebSize(length);
    if (prefix !== span.prefix) {
      const start = span.start - span.prefix + prefix;
      this.reserve(5);
      this.bytes.copyWithin(start, span.start, this.at);
      this.at = start + length;
    }
    const end = this.at;
    this.at = span.start - span.prefix;
    this.u32(length);
    this.at = end;
  }

  /** All that was written, in a buffer that nothing else is written to; the writer is done after it. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes === scratch ? this.bytes.slice(0, this.at) : this.bytes.subarray(0, this.at);
  }
}
