import { createHash } from "node:crypto";
import { hashes, verify } from "@noble/ed25519";

hashes.sha512 = (bytes) => new Uint8Array(createHash("sha512").update(bytes).digest());

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/**
 * Whether the signature is one that the key made of exactly these bytes, read so strictly that every verifier which
 * accepts it agrees: S below the group's order, no point in another than its canonical encoding, no key of small order
 * (RFC 8032 §5.1.7; "Taming the many EdDSAs", Chalkias and others 2020). Never throws.
 */
export function isSignature(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false;
  try {
    return verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false; // noble throws for bytes that are no point or no scalar: no signature either
  }
}

/** How a key is named everywhere: the SHA-256 of its 32 bytes, in lower-case hex. */
export const keyIdOf = (publicKey: Uint8Array): string => createHash("sha256").update(publicKey).digest("hex");
