import { malformed } from "./refusal.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the binary format's primitives (core spec 5.2) from a window of bytes; throws a refusal, never reads past it. */
export class BinaryReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) throw malformed("unexpected end", this.at);
    return this.bytes[this.at++]!;
  }

  /** An unsigned 32-bit LEB128. */
  u32(): number {
    const { at } = this;
    // Nearly all are of one byte.
    if (at < this.end && this.bytes[at]! < 0x80) {
      this.at = at + 1;
      return this.bytes[at]!;
    }
    return this.#longU32();
  }

  #longU32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw malformed("integer too long", this.at);
  }

  /** An unsigned LEB128 of up to 64 bits; above 2⁵³ only about the value. */
  u64(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed("integer too long", this.at);
  }

  /** Steps over a LEB128 of up to 64 bits. */
  skipLeb(): void {
    for (let i = 0; i < 10; i++) if (this.byte() < 0x80) return;
    throw malformed("integer too long", this.at);
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw malformed("unexpected end", this.at);
    this.at += count;
  }

  /** A vector's length, which is never believed beyond the bytes that are there: an item takes at least one. */
  count(): number {
    const count = this.u32();
    if (count > this.end - this.at) throw malformed("vector longer than its section", this.at);
    return count;
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(start, this.at));
    } catch {
      throw malformed("name is not UTF-8", start);
    }
  }

  /** Throws unless the window was read to its end. */
  finish(what: string): void {
    if (this.at !== this.end) throw malformed(`${what} has bytes left over`, this.at);
  }
}
