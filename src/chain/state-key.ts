import type { StateKey } from "../contract/state.ts";

const NUMBER = 0x01;
const STRING = 0x02;
/** After every part that begins like a prefix. */
const AFTER = 0xff;
/** LMDB's bound on keys is 1978 bytes with its 4 KiB pages. */
const KEY_BYTES = 1900;
/** Up to here a loop over characters is quicker than a call. */
const SHORT = 48;

/** Where a key is put together. */
const scratch = Buffer.alloc(KEY_BYTES);
/** Views of the first bytes of the scratch, by their number; made when first needed, and never again. */
const views: (Buffer | undefined)[] = [];

/**
 * A key as bytes whose order is the key's order, part by part, so that the keys from one up to its {@link endOf} are those
 * that begin with its parts: `01 ‖ u64` for a number, `02 ‖ UTF-8 with 00 as 00 ff ‖ 00` for a string. (FoundationDB's tuple
 * layer encodes strings alike.) Throws a RangeError for what is no key or is over 1900 bytes.
 */
export function encodeKey(key: StateKey): Buffer {
  const length = writeKey(key);
  const bytes = Buffer.allocUnsafe(length);
  scratch.copy(bytes, 0, 0, length);
  return bytes;
}

/** The same bytes without an allocation, for who is done with them before any other key is encoded. */
export function borrowKey(key: StateKey): Buffer {
  const length = writeKey(key);
  let view = views[length];
  if (view === undefined) {
    view = scratch.subarray(0, length);
    views[length] = view;
  }
  return view;
}

/** Writes the key into the scratch and answers its length. */
function writeKey(key: StateKey): number {
  let at = 0;
  for (let i = 0; i < key.length; i++) {
    const part = key[i] as string | number;
    at = typeof part === "number" ? writeNumber(part, at) : writeString(part, at);
  }
  return at;
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

function writeNumber(part: number, at: number): number {
  if (!Number.isSafeInteger(part) || part < 0) throw new RangeError(`${part} cannot be part of a state key`);
  if (at + 9 > KEY_BYTES) throw tooLong(at + 9);
  scratch[at] = NUMBER;
  scratch.writeUInt32BE(Math.floor(part / 2 ** 32), at + 1);
  scratch.writeUInt32BE(part % 2 ** 32, at + 5);
  return at + 9;
}

function writeString(part: string, at: number): number {
  let end = part.length < SHORT ? writeAscii(part, at + 1) : undefined;
  if (end === undefined) {
    let text: Buffer = Buffer.from(part, "utf8");
    if (part.includes("\0")) text = withEscapes(text);
    if (at + text.length + 2 > KEY_BYTES) throw tooLong(at + text.length + 2);
    text.copy(scratch, at + 1);
    end = at + 1 + text.length;
  }
  scratch[at] = STRING;
  scratch[end] = 0;
  return end + 1;
}

/** Writes a short text of ASCII without 00 and answers where it ends; undefined for any other, or where it has no room. */
function writeAscii(part: string, at: number): number | undefined {
  if (at + part.length + 1 > KEY_BYTES) return undefined;
  for (let i = 0; i < part.length; i++) {
    const unit = part.charCodeAt(i);
    if (unit === 0 || unit > 0x7f) return undefined;
    scratch[at + i] = unit;
  }
  return at + part.length;
}

function withEscapes(text: Buffer): Buffer {
  const bytes: number[] = [];
  for (const byte of text) byte === 0 ? bytes.push(0, AFTER) : bytes.push(byte);
  return Buffer.from(bytes);
}

function tooLong(length: number): RangeError {
  return new RangeError(`a state key has ${length} bytes or more, at most ${KEY_BYTES}`);
}

function withoutEscapes(bytes: Buffer, from: number, to: number): string {
  const plain: number[] = [];
  for (let at = from; at < to; at++) {
    plain.push(bytes[at] as number);
    if (bytes[at] === 0) at++;
  }
  return Buffer.from(plain).toString("utf8");
}
