// Bytes as commands have them: numbers, or text in which each byte is the character of its number, as standard input and
// output are.
import { latin1 } from "../../../../script/guest/text-encoding.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** Looked for, since a match of all that is ASCII would keep a place to go back to at each character. */
const NOT_ASCII = /[\u0080-\uffff]/;
const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes of text, as UTF-8 has them: how a name goes to standard output. */
export function bytesOf(text: string): string {
  const bytes = encoder.encode(text);
  return bytes.length === text.length ? text : latin1(bytes);
}

/** The text that bytes stand for; undefined where they are not UTF-8. */
export function textOf(bytes: string): string | undefined {
  // what takes no more room as UTF-8 is ASCII; to ask an expression costs more
  if (encoder.encode(bytes).length === bytes.length) return bytes;
  try {
    return strict.decode(numbersOf(bytes));
  } catch {
    return undefined;
  }
}

/** A file's name of its bytes, whatever they are. */
export function nameOf(bytes: string): string {
  return NOT_ASCII.test(bytes) ? lossy.decode(numbersOf(bytes)) : bytes;
}

/** Bytes as numbers. */
export function numbersOf(bytes: string): Bytes {
  // the engine encodes much faster than a loop, and ASCII is the same either way
  if (!NOT_ASCII.test(bytes)) return encoder.encode(bytes) as Bytes;
  const numbers = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) numbers[i] = bytes.charCodeAt(i);
  return numbers;
}

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
