import { type Fault, fault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { parseJson } from "../contract/strict-json.ts";

/** What a signed payload is: part of what is signed, so that a signature for one kind is none for another. */
export const TOOL_PAYLOAD = "application/vnd.tollgate.tool.v1+json";

/** Bytes of an envelope's text at most. */
export const ENVELOPE_BYTES = 512 * 1024;
const MOST_SIGNATURES = 8;
const KEY_ID = /^[0-9a-f]{64}$/;

export interface EnvelopeSignature {
  /** Says which key to try; the signature proves it, and this does not. */
  readonly keyid: string;
  readonly sig: Uint8Array;
}

/** A signed payload and who says that they signed it (DSSE 1.0, github.com/secure-systems-lab/dsse, envelope.md). */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

/** The bytes that are signed: both parts with their lengths, so that no two pairs give the same (DSSE 1.0, protocol.md). */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType, "utf8");
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

/** The text of an envelope, one line of JSON. */
export function encodeEnvelope({ payloadType, payload, signatures }: Envelope): string {
  return `${JSON.stringify({
    payloadType,
    payload: Buffer.from(payload).toString("base64"),
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: Buffer.from(sig).toString("base64") })),
  })}\n`;
}

/**
 * Reads an envelope with this type of payload and at least one signature. Refuses, as `envelope-invalid`, every other
 * member, any base64 but the one canonical text of its bytes, and what is over a bound. Says nothing about who signed.
 */
export function readEnvelope(text: string | Uint8Array, payloadType: string): Envelope | Fault {
  if (text.length > ENVELOPE_BYTES) return invalid(`it is longer than ${ENVELOPE_BYTES} bytes`);
  const parsed = parseJson(text);
  if (!parsed.ok) return invalid(parsed.reason);
  const document = exactly(parsed.value, ["payload", "payloadType", "signatures"]);
  if (document === undefined) return invalid("it is not {payloadType, payload, signatures}");
  if (document.payloadType !== payloadType) return invalid(`its payload is not ${payloadType}`);
  const payload = bytesOf(document.payload);
  if (payload === undefined) return invalid("its payload is not base64");
  const listed = document.signatures;
  if (!Array.isArray(listed) || listed.length === 0) return invalid("it has no signature");
  if (listed.length > MOST_SIGNATURES) return invalid(`it has more than ${MOST_SIGNATURES} signatures`);
  const signatures: EnvelopeSignature[] = [];
  for (const one of listed as readonly Json[]) {
    const signature = exactly(one, ["keyid", "sig"]);
    const sig = bytesOf(signature?.sig);
    const keyid = signature?.keyid;
    if (sig === undefined || typeof keyid !== "string" || !KEY_ID.test(keyid)) {
      return invalid("a signature is not {keyid, sig} with a SHA-256 and base64");
    }
    signatures.push({ keyid, sig });
  }
  return { payloadType, payload, signatures };
}

/** The object, where it has exactly these members. */
function exactly(value: Json | undefined, members: readonly string[]): JsonObject | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const keys = Object.keys(value).sort();
  return keys.length === members.length && keys.every((key, i) => key === members[i])
    ? (value as JsonObject)
    : undefined;
}

/** Strict: only the one canonical, padded text of the bytes (RFC 4648 §3.5). */
function bytesOf(text: Json | undefined): Uint8Array | undefined {
  if (typeof text !== "string") return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}

const invalid = (why: string): Fault =>
  fault("trust", "envelope-invalid", `the signature envelope cannot be used: ${why}: sign the tool again`);
