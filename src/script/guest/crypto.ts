import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { addressOf, hostFunction } from "./native.ts";

const randomGet = hostFunction("random_get");
const HASHES = { "SHA-1": sha1, "SHA-256": sha256, "SHA-384": sha384, "SHA-512": sha512 } as const;

function getRandomValues<T extends ArrayBufferView<ArrayBuffer>>(array: T): T {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (randomGet(addressOf(bytes), bytes.length) !== 0)
    throw new DOMException("the tool was not granted randomness", "NotSupportedError");
  return array;
}

/** A version 4 UUID (RFC 9562), where randomness was granted. */
function randomUUID(): string {
  const bytes = getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

async function digest(algorithm: string | { name: string }, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> {
  const name = (typeof algorithm === "string" ? algorithm : algorithm.name).toUpperCase() as keyof typeof HASHES;
  const hash = HASHES[name];
  if (hash === undefined) throw new DOMException(`no digest ${name}`, "NotSupportedError");
  const bytes =
    data instanceof ArrayBuffer
      ? new Uint8Array(data)
      : new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return hash(bytes).slice().buffer as ArrayBuffer;
}

/** Of Web Crypto what does without keys: randomness by grant, and digests. */
export const crypto = { getRandomValues, randomUUID, subtle: { digest } };
