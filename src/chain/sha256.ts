import { hash } from "node:crypto";

/** Bytes in a SHA-256 digest (FIPS 180-4 §1). */
export const DIGEST_BYTES = 32;

/** SHA-256 of `bytes`. Goes through a string because that is how Node's one-shot hash is fastest. */
export function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash("sha256", bytes, "binary"), "latin1");
}
