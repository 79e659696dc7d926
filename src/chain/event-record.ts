import { hash } from "node:crypto";
import type { ChainEvent } from "../contract/chain-event.ts";
import type { JsonObject } from "../contract/json.ts";
import { DIGEST_BYTES } from "./sha256.ts";

/** Most bytes of canonical JSON in one payload. */
export const PAYLOAD_BYTES = 64 * 1024;

/** Separates event hashes from every other use of SHA-256 here; exactly as long as the digest that replaces it. */
const DOMAIN = Buffer.alloc(DIGEST_BYTES);
DOMAIN.write("tollgate.chain.event.v1");

const SEQUENCE_AT = DIGEST_BYTES;
const TIME_AT = SEQUENCE_AT + 8;
const PREVIOUS_AT = TIME_AT + 8;
const FIELDS_AT = PREVIOUS_AT + DIGEST_BYTES;

/** One event as it is stored: `hash ‖ body`. */
export interface EventRecord {
  readonly bytes: Buffer;
  readonly hash: Buffer;
}

/**
 * Encodes and hashes one event. The hash is SHA-256 over `domain ‖ body`, the record is `hash ‖ body`, and the body is
 *
 * `u64 sequence ‖ u64 milliseconds ‖ previous hash ‖ (u32 length ‖ UTF-8) × {source, kind, canonical payload}`,
 *
 * all big-endian: every field is fixed in size or carries its length, so two events that differ only in where a
 * field ends hash differently.
 */
export function encodeEvent(
  sequence: number,
  time: number,
  previous: Uint8Array,
  source: string,
  kind: string,
  payload: string,
): EventRecord {
  const sourceBytes = Buffer.byteLength(source);
  const kindBytes = Buffer.byteLength(kind);
  const payloadBytes = Buffer.byteLength(payload);
  const bytes = Buffer.allocUnsafe(FIELDS_AT + 12 + sourceBytes + kindBytes + payloadBytes);
  bytes.set(DOMAIN, 0);
  writeUint64(bytes, sequence, SEQUENCE_AT);
  writeUint64(bytes, time, TIME_AT);
  bytes.set(previous, PREVIOUS_AT);
  let at = writeField(bytes, source, sourceBytes, FIELDS_AT);
  at = writeField(bytes, kind, kindBytes, at);
  writeField(bytes, payload, payloadBytes, at);
  bytes.write(hash("sha256", bytes, "binary"), 0, "latin1");
  return { bytes, hash: bytes.subarray(0, DIGEST_BYTES) };
}

/** The hash that stands in for the previous event of the first one: it ties the events to their chain. */
export function genesisHash(chainId: string): Buffer {
  return Buffer.from(hash("sha256", `tollgate.chain.genesis.v1\n${chainId}`, "hex"), "hex");
}

/** The hash that the record's body has, whatever the record says. */
export function recomputeHash(record: Uint8Array): Buffer {
  const preimage = Buffer.from(record);
  preimage.set(DOMAIN, 0);
  return Buffer.from(hash("sha256", preimage, "binary"), "latin1");
}

/** The hash that the record says it has. A view, not a copy. */
export function statedHash(record: Buffer): Buffer {
  return record.subarray(0, DIGEST_BYTES);
}

/** Source and kind of an event, read from its record without the rest; undefined where the bytes are no record. */
export function namesOf(record: Buffer): { readonly source: string; readonly kind: string } | undefined {
  if (record.length < FIELDS_AT + 12) return undefined;
  const sourceEnd = FIELDS_AT + 4 + record.readUInt32BE(FIELDS_AT);
  if (sourceEnd + 8 > record.length) return undefined;
  const kindEnd = sourceEnd + 4 + record.readUInt32BE(sourceEnd);
  if (kindEnd + 4 > record.length) return undefined;
  return {
    source: record.toString("latin1", FIELDS_AT + 4, sourceEnd), // names are ASCII
    kind: record.toString("latin1", sourceEnd + 4, kindEnd),
  };
}

/** An event read from its record, or undefined where the bytes are not one record, whole and nothing else. */
export function decodeEvent(record: Buffer): ChainEvent | undefined {
  if (record.length < FIELDS_AT + 12) return undefined;
  const fields: string[] = [];
  let at = FIELDS_AT;
  for (let i = 0; i < 3; i++) {
    if (at + 4 > record.length) return undefined;
    const length = record.readUInt32BE(at);
    if (length > record.length - at - 4) return undefined;
    fields.push(record.toString("utf8", at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (at !== record.length) return undefined;
  const time = readUint64(record, TIME_AT);
  const payload = parsePayload(fields[2] as string);
  if (payload === undefined || time > MAX_TIME) return undefined;
  return {
    sequence: readUint64(record, SEQUENCE_AT),
    timestamp: new Date(time).toISOString(),
    source: fields[0] as string,
    kind: fields[1] as string,
    payload,
    previousHash: record.toString("hex", PREVIOUS_AT, FIELDS_AT),
    hash: record.toString("hex", 0, DIGEST_BYTES),
  };
}

/** The last millisecond that a Date can hold (ECMA-262 §21.4.1.1). */
const MAX_TIME = 8.64e15;

/** Big-endian; the value is a non-negative safe integer. */
export function writeUint64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value % 0x1_0000_0000, at + 4);
}

/** Big-endian; beyond 2⁵³ the answer is rounded, which no valid record reaches. */
export function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

function writeField(bytes: Buffer, text: string, length: number, at: number): number {
  bytes.writeUInt32BE(length, at);
  bytes.write(text, at + 4, length, "utf8");
  return at + 4 + length;
}

function parsePayload(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
