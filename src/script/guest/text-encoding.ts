import { addressOf, native } from "./native.ts";

const REPLACEMENT = "\ufffd";
const BYTE_ORDER_MARK = "\ufeff";
const LATIN1_CHUNK = 8192;
const LATIN1_LABELS = new Set(["latin1", "iso-8859-1", "binary", "ascii", "us-ascii", "windows-1252"]);

/** The Encoding Standard's encoder: UTF-8, a lone surrogate becomes U+FFFD. */
export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(text = ""): Uint8Array<ArrayBuffer> {
    return native.encode(String(text).toWellFormed());
  }

  encodeInto(text: string, to: Uint8Array): { read: number; written: number } {
    let read = 0;
    let written = 0;
    for (const character of text) {
      const bytes = this.encode(character);
      if (written + bytes.length > to.length) break;
      to.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

/** The Encoding Standard's decoder for UTF-8, UTF-16LE and Latin-1; without `stream`. */
export class TextDecoder {
  readonly encoding: "utf-8" | "utf-16le" | "latin1";
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #kept: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(label = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const name = String(label).trim().toLowerCase();
    if (name === "utf-8" || name === "utf8") this.encoding = "utf-8";
    else if (name === "utf-16le" || name === "utf-16") this.encoding = "utf-16le";
    else if (LATIN1_LABELS.has(name)) this.encoding = "latin1";
    else throw new RangeError(`the encoding ${name} is not supported: use utf-8, utf-16le or latin1`);
    this.fatal = options.fatal === true;
    this.ignoreBOM = options.ignoreBOM === true;
  }

  decode(given?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    let bytes = bytesOf(given);
    if (this.#kept.length > 0) {
      const joined = new Uint8Array(this.#kept.length + bytes.length);
      joined.set(this.#kept);
      joined.set(bytes, this.#kept.length);
      bytes = joined;
      this.#kept = new Uint8Array(0);
    }
    if (this.encoding === "latin1") return latin1(bytes);
    if (options.stream === true) {
      const whole = bytes.length - this.#unfinished(bytes);
      this.#kept = bytes.slice(whole);
      bytes = bytes.subarray(0, whole);
    }
    const text = this.encoding === "utf-8" ? utf8(bytes) : utf16(bytes);
    if (this.fatal && text.includes(REPLACEMENT) && !isFaithful(bytes, text, this.encoding))
      throw new TypeError(`the bytes are not valid ${this.encoding}`);
    return !this.ignoreBOM && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  }

  /** How many bytes at the end begin a character that is not complete. */
  #unfinished(bytes: Uint8Array): number {
    if (this.encoding === "utf-16le") return bytes.length % 2;
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back] as number;
      if (byte < 0x80) return 0;
      if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    }
    return 0;
  }
}

function bytesOf(given: ArrayBuffer | ArrayBufferView | undefined): Uint8Array<ArrayBuffer> {
  if (given === undefined) return new Uint8Array(0);
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  return new Uint8Array(given.buffer as ArrayBuffer, given.byteOffset, given.byteLength);
}

function utf8(bytes: Uint8Array<ArrayBuffer>): string {
  if (bytes.length === 0) return "";
  const text = native.decode(addressOf(bytes), bytes.length);
  // The engine takes surrogates, and replaces bytes in another way than the standard.
  return text.isWellFormed() && !text.includes(REPLACEMENT) ? text : lossyUtf8(bytes);
}

/** UTF-8 with each longest part of a character that cannot go on replaced (Encoding Standard, UTF-8 decoder). */
function lossyUtf8(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at++] as number;
    const more = first < 0x80 ? 0 : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1;
    let point = more <= 0 ? first : first & (0x3f >> more);
    let left = more;
    let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    for (; left > 0; left--, at++) {
      const next = bytes[at];
      if (next === undefined || next < low || next > high) break;
      point = (point << 6) | (next & 0x3f);
      low = 0x80;
      high = 0xbf;
    }
    text += left === 0 ? String.fromCodePoint(point) : REPLACEMENT;
  }
  return text;
}

function utf16(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at + 1 < bytes.length; at += 2)
    text += String.fromCharCode((bytes[at] as number) | ((bytes[at + 1] as number) << 8));
  return (bytes.length % 2 === 1 ? text + REPLACEMENT : text).toWellFormed();
}

function isFaithful(bytes: Uint8Array, text: string, encoding: string): boolean {
  if (encoding !== "utf-8") return !text.endsWith(REPLACEMENT);
  const again = native.encode(text);
  return again.length === bytes.length && again.every((byte, i) => byte === bytes[i]);
}

/** Each byte as the character of its number. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += LATIN1_CHUNK)
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + LATIN1_CHUNK) as unknown as number[]);
  return text;
}
