// Bytes as text. Those that are no UTF-8 stand as halves of surrogate pairs, which no text has alone: they are
// characters that nothing but themselves matches, and become what they were.
import { bytesOf, textOf } from "../bytes.ts";

const SEQUENCES =
  /((?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}){1,1000})|[\x80-\xff]/g;
const FIRST = 0xdc00;

/** The characters of bytes as an expression takes them that are of no text. */
export const STRAY = "\\udc80-\\udcff";

export class Encoding {
  #strays = false;

  /** Whether bytes came that are of no text. */
  get strays(): boolean {
    return this.#strays;
  }

  decode(bytes: string): string {
    const text = textOf(bytes);
    if (text !== undefined) return text;
    this.#strays = true;
    return bytes.replace(SEQUENCES, (one, valid) => (valid === undefined ? stray(one) : (textOf(valid) as string)));
  }

  encode(text: string): string {
    if (!this.#strays) return bytesOf(text);
    const parts = text.split(/([\udc80-\udcff]+)/u);
    return parts.map((part, i) => (i % 2 === 0 ? bytesOf(part) : unstray(part))).join("");
  }
}

const stray = (byte: string): string => String.fromCharCode(FIRST + byte.charCodeAt(0));
const unstray = (text: string): string =>
  Array.from(text, (one) => String.fromCharCode(one.charCodeAt(0) - FIRST)).join("");
