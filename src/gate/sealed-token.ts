import { createHmac, timingSafeEqual } from "node:crypto";
import type { Json } from "../contract/json.ts";

/** Tokens that were used and are remembered until they expire; beyond that none is accepted. */
export const MAX_USED = 4096;

const KEY_BYTES = 32;
const NONCE_BYTES = 16;
const MAC_BYTES = 32;

/** Makes texts that whoever holds them can give back but neither change nor make, and knows which were used. */
export interface TokenSeal {
  seal(payload: Json): string;
  /** The payload of a text of at most `most` characters that was sealed here. */
  open(token: string, most: number): Json | undefined;
  nonce(): string;
  wasUsed(nonce: string): boolean;
  /** Notes that the token with this nonce is used; false where too many are in use. */
  use(nonce: string, expiresAt: number, now: number): boolean;
}

/**
 * Opens a seal with a key of its own that lives as long as the process. A token is
 * base64url(payload ‖ HMAC-SHA-256(key, payload)) (RFC 2104, RFC 4648 §5), so it needs no memory until it is used.
 */
export function createSeal(random: (bytes: number) => Uint8Array): TokenSeal {
  const key = draw(random, KEY_BYTES);
  const used = new Map<string, number>();

  function forgetExpired(now: number): void {
    for (const [nonce, expiry] of used) if (expiry < now) used.delete(nonce);
  }

  return {
    seal(value) {
      const payload = Buffer.from(JSON.stringify(value));
      return Buffer.concat([payload, mac(key, payload)]).toString("base64url");
    },
    open(token, most) {
      if (typeof token !== "string" || token.length > most) return undefined;
      const bytes = Buffer.from(token, "base64url");
      if (bytes.length <= MAC_BYTES || bytes.toString("base64url") !== token) return undefined;
      const payload = bytes.subarray(0, -MAC_BYTES);
      if (!timingSafeEqual(bytes.subarray(-MAC_BYTES), mac(key, payload))) return undefined;
      return JSON.parse(payload.toString("utf8")) as Json;
    },
    nonce: () => draw(random, NONCE_BYTES).toString("base64url"),
    wasUsed: (nonce) => used.has(nonce),
    use(nonce, expiresAt, now) {
      if (used.size >= MAX_USED) forgetExpired(now);
      if (used.size >= MAX_USED) return false;
      used.set(nonce, expiresAt);
      return true;
    },
  };
}

const mac = (key: Buffer, payload: Buffer): Buffer => createHmac("sha256", key).update(payload).digest();

function draw(random: (bytes: number) => Uint8Array, length: number): Buffer {
  const bytes = random(length);
  if (bytes.length !== length) throw new Error(`the source of randomness gave ${bytes.length} bytes for ${length}`);
  return Buffer.from(bytes);
}
