// Bytes beside the text that commands are given: each byte is the character of its number.
import { latin1 } from "../../../../script/guest/text-encoding.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** Looked for, since a match of all that is ASCII would keep a place to go back to at each character. */
const NOT_ASCII = /[\u0080-\uffff]/;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes of text in which each character is one. */
export function bytesOf(text: string): Bytes {
  // the engine encodes much faster than a loop, and ASCII is the same either way
  if (!NOT_ASCII.test(text)) return encoder.encode(text) as Bytes;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Text in which each byte is one character. */
export const textOf = (bytes: Uint8Array): string => latin1(bytes);

/** A file's name as its bytes are written. */
export function written(name: string): string {
  return NOT_ASCII.test(name) ? latin1(encoder.encode(name)) : name;
}

/** A file's name of its bytes; those of a text that was read. */
export function nameOf(text: string): string {
  return NOT_ASCII.test(text) ? decoder.decode(bytesOf(text)) : text;
}

export const utf8 = { encode: (text: string): Bytes => encoder.encode(text) as Bytes, decode: decoder };

/** All parts one after the other. */
export function concatenated(parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
