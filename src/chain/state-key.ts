import type { StateKey } from "../contract/state.ts";

const NUMBER = 0x01;
const STRING = 0x02;
/** After every part that begins like a prefix. */
const AFTER = 0xff;
/** LMDB's bound on keys is 1978 bytes with its 4 KiB pages. */
const KEY_BYTES = 1900;

/**
 * A key as bytes whose order is the key's order, part by part, and in which no key is a prefix of another unless its
 * parts are: `01 ‖ u64` for a number, `02 ‖ UTF-8 with 00 as 00 ff ‖ 00` for a string. (FoundationDB's tuple layer encodes
 * strings alike.) Throws a RangeError for what is no key or is over 1900 bytes.
 */
export function encodeKey(key: StateKey): Buffer {
  const parts: Buffer[] = key.map((part) => (typeof part === "number" ? encodeNumber(part) : encodeString(part)));
  const bytes = Buffer.concat(parts);
  if (bytes.length > KEY_BYTES) throw new RangeError(`a state key has ${bytes.length} bytes, at most ${KEY_BYTES}`);
  return bytes;
}

/** The bytes that are after all keys beginning with this one. */
export function endOf(prefix: Buffer): Buffer {
  const end = Buffer.allocUnsafe(prefix.length + 1);
  end.set(prefix);
  end[prefix.length] = AFTER;
  return end;
}

/** The key that the bytes stand for. Throws a RangeError where they stand for none. */
export function decodeKey(bytes: Buffer): StateKey {
  const parts: (string | number)[] = [];
  let at = 0;
  while (at < bytes.length) {
    const kind = bytes[at++];
    if (kind === NUMBER && at + 8 <= bytes.length) {
      parts.push(bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4));
      at += 8;
    } else if (kind === STRING) {
      let end = at;
      while (end < bytes.length && (bytes[end] !== 0 || bytes[end + 1] === AFTER)) end += bytes[end] === 0 ? 2 : 1;
      if (end >= bytes.length) throw new RangeError("a state key is cut off");
      parts.push(
        bytes.toString("latin1", at, end).includes("\0")
          ? withoutEscapes(bytes, at, end)
          : bytes.toString("utf8", at, end),
      );
      at = end + 1;
    } else throw new RangeError("a state key is damaged");
  }
  if (typeof parts[0] !== "string") throw new RangeError("a state key names no table");
  return parts as unknown as StateKey;
}

function encodeNumber(part: number): Buffer {
  if (!Number.isSafeInteger(part) || part < 0) throw new RangeError(`${part} cannot be part of a state key`);
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = NUMBER;
  bytes.writeUInt32BE(Math.floor(part / 2 ** 32), 1);
  bytes.writeUInt32BE(part % 2 ** 32, 5);
  return bytes;
}

function encodeString(part: string): Buffer {
  const escaped = part.includes("\0");
  const text = Buffer.from(part, "utf8");
  if (!escaped) return Buffer.concat([Buffer.of(STRING), text, Buffer.of(0)]);
  const bytes: number[] = [STRING];
  for (const byte of text) byte === 0 ? bytes.push(0, AFTER) : bytes.push(byte);
  bytes.push(0);
  return Buffer.from(bytes);
}

function withoutEscapes(bytes: Buffer, from: number, to: number): string {
  const plain: number[] = [];
  for (let at = from; at < to; at++) {
    plain.push(bytes[at] as number);
    if (bytes[at] === 0) at++;
  }
  return Buffer.from(plain).toString("utf8");
}
