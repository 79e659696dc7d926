import { createHash } from "node:crypto";
import { hashes, verify } from "@noble/ed25519";
import { decodeBase64, type NoteVerifier } from "./signed-note.ts";

// Apart from signing, so that a start, which only signs, does not load the curve.

const SIGNATURE_BYTES = 64;

hashes.sha512 = (message: Uint8Array) => new Uint8Array(createHash("sha512").update(message).digest());

/**
 * Whether the note carries exactly one signature of the verifier's name and key hash, and it is valid over the
 * text. Lines of other signers are allowed and ignored, as the format asks (C2SP signed-note, "Verification").
 * Strict Ed25519 (RFC 8032 §5.1.7): S below the group order, canonical encodings, no key of small order.
 * Answers the signed text, or undefined.
 */
export function openNote(note: string, verifier: NoteVerifier): string | undefined {
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) return undefined;
  const text = note.slice(0, split + 1);
  let found: Buffer | undefined;
  for (const line of note.slice(split + 2, -1).split("\n")) {
    const match = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    if (match === null) return undefined;
    if (match[1] !== verifier.name) continue;
    const bytes = decodeBase64(match[2] as string);
    if (bytes === undefined || bytes.length < 5) return undefined;
    if (!bytes.subarray(0, 4).equals(verifier.keyHash)) continue;
    if (found !== undefined) return undefined;
    found = bytes.subarray(4);
  }
  if (found === undefined || found.length !== SIGNATURE_BYTES || verifier.publicKey.length !== 32) return undefined;
  try {
    return verify(new Uint8Array(found), new TextEncoder().encode(text), verifier.publicKey, { zip215: false })
      ? text
      : undefined;
  } catch {
    return undefined; // noble throws for bytes that are no point or no scalar: no signature either
  }
}
