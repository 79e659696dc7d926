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
  bytes: Uint8Array = scratch;
  at = 0;

  /** Makes room for `count` more bytes; the writes below it do not check again. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    scratch = grown;
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

  /** Copies `source[from, to)` into room reserved before. Runs between two insertions are short: a loop beats `set`. */
  run(source: Uint8Array, from: number, to: number): void {
    if (to - from > 48) {
      this.bytes.set(source.subarray(from, to), this.at);
      this.at += to - from;
      return;
    }
    const out = this.bytes;
    let at = this.at;
    for (let i = from; i < to; i++) out[at++] = source[i]!;
    this.at = at;
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

  /** A copy of all that was written; the writer is done after it. */
  finish(): Uint8Array<ArrayBuffer> {
    const result = this.bytes.slice(0, this.at) as Uint8Array<ArrayBuffer>;
    if (scratch.length > KEPT_BYTES) scratch = new Uint8Array(256 * 1024);
    return result;
  }
}
