import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";

/** Signature type of Ed25519 in key hashes and encoded keys (C2SP signed-note, "Signature types"). */
const ED25519 = 0x01;
const SEED_BYTES = 32;
/** PKCS #8 around a bare Ed25519 seed (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** What every DSSE pre-authentication encoding begins with; no note does, whose first line names a chain. */
const DSSE = Buffer.from("DSSEv1 ");

/** A key that signs notes. */
export interface NoteSigner {
  readonly verifier: NoteVerifier;
  /** The note: text, an empty line, one signature line. The text ends with a newline and has no empty line at its end. */
  sign(text: string): string;
  /**
   * The Ed25519 signature of bytes that can be no note: only what begins as a DSSE envelope's encoding is signed, so that
   * neither kind of signature ever passes for the other. Throws a TypeError for anything else.
   */
  signEnvelope(preAuthEncoding: Uint8Array): Uint8Array;
}

/** The public half: who signed, and with which key. */
export interface NoteVerifier {
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly keyHash: Buffer;
}

/** The signer for a 32-byte Ed25519 seed. */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const verifier = noteVerifier(name, rawPublicKey(key));
  return {
    verifier,
    sign(text) {
      const signature = Buffer.concat([verifier.keyHash, sign(null, Buffer.from(text), key)]);
      return `${text}\n— ${name} ${signature.toString("base64")}\n`;
    },
    signEnvelope(bytes) {
      if (!Buffer.from(bytes.buffer, bytes.byteOffset, DSSE.length).equals(DSSE)) {
        throw new TypeError("only the encoding of an envelope is signed");
      }
      return new Uint8Array(sign(null, bytes, key));
    },
  };
}

/** The 32-byte public key of a 32-byte seed. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return rawPublicKey(createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" }));
}

export function noteVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  return { name, publicKey, keyHash: keyHash(name, publicKey) };
}

/** `PRIVATE+KEY+<name>+<key hash>+<base64(type ‖ seed)>`, the form that golang.org/x/mod/sumdb/note reads. */
export function encodeSigningKey(name: string, seed: Uint8Array): string {
  const bytes = Buffer.concat([Buffer.from([ED25519]), seed]);
  return `PRIVATE+KEY+${name}+${keyHash(name, publicKeyOf(seed)).toString("hex")}+${bytes.toString("base64")}`;
}

/** `<name>+<key hash>+<base64(type ‖ public key)>` (C2SP signed-note, "Verifier keys"). */
export function encodeVerifierKey(verifier: NoteVerifier): string {
  const bytes = Buffer.concat([Buffer.from([ED25519]), verifier.publicKey]);
  return `${verifier.name}+${verifier.keyHash.toString("hex")}+${bytes.toString("base64")}`;
}

/** The signer whose key the text of a key file is, or undefined where any part does not agree with the others. */
export function decodeSigningKey(text: string): NoteSigner | undefined {
  const match = /^PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})\n?$/.exec(text);
  const seed = match === null ? undefined : keyBytes(match[3] as string);
  if (match === null || seed === undefined) return undefined;
  const signer = noteSigner(match[1] as string, seed);
  return signer.verifier.keyHash.toString("hex") === match[2] ? signer : undefined;
}

/** The verifier that the text denotes, or undefined where any part does not agree with the others. */
export function decodeVerifierKey(text: string): NoteVerifier | undefined {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})\n?$/.exec(text);
  const publicKey = match === null ? undefined : keyBytes(match[3] as string);
  if (match === null || publicKey === undefined) return undefined;
  const verifier = noteVerifier(match[1] as string, publicKey);
  return verifier.keyHash.toString("hex") === match[2] ? verifier : undefined;
}

/** SHA-256(name ‖ newline ‖ type ‖ public key), first four bytes (C2SP signed-note, "Signatures"). */
function keyHash(name: string, publicKey: Uint8Array): Buffer {
  return createHash("sha256")
    .update(`${name}\n`)
    .update(Buffer.from([ED25519]))
    .update(publicKey)
    .digest()
    .subarray(0, 4);
}

function keyBytes(base64: string): Uint8Array | undefined {
  const bytes = decodeBase64(base64);
  if (bytes === undefined || bytes.length !== 1 + SEED_BYTES || bytes[0] !== ED25519) return undefined;
  return new Uint8Array(bytes.subarray(1));
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
}

/** Strict: only the one canonical, padded text of the bytes (RFC 4648 §3.5). */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
