import { createHash } from "node:crypto";
import { canonicalJson } from "../contract/canonical-json.ts";
import { LARGEST_SCORE } from "../contract/effect.ts";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { parseJson } from "../contract/strict-json.ts";
import type { Sha256 } from "../contract/units.ts";
import { isScope, type SigningBounds } from "./bounds.ts";
import { type Envelope, readEnvelope } from "./dsse.ts";
import { keyIdOf, PUBLIC_KEY_BYTES } from "./ed25519.ts";
import { isKeyName } from "./key-name.ts";

/** The payload type of certificates: a signature for one is none for a tool. */
export const CERTIFICATE_PAYLOAD = "application/vnd.tollgate.certificate.v1+json";
const FORM = "certificate/1";

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** Certificates between a tool's signature and a trusted key. */
export const LONGEST_CHAIN = 4;
const MOST_SCOPES = 32;

/** What one key says of another: who has it, from when to when, what it may vouch for, and how far it may pass that on. */
export interface CertificateClaims {
  readonly subject: { readonly name: string; readonly key: Uint8Array };
  /** The id of the key that signs this. */
  readonly issuer: string;
  /** Milliseconds since the Unix epoch: from `not_before` on, and before `not_after`. */
  readonly not_before: number;
  readonly not_after: number;
  readonly scopes: readonly string[];
  readonly max_effect?: number;
  /** How many certificates may follow below this one; 0 signs tools and no certificates. */
  readonly may_issue: number;
}

/** A certificate whose form is right. Whether its signature is, is another question. */
export interface Certificate extends CertificateClaims {
  readonly envelope: Envelope;
  /** SHA-256 of its payload. */
  readonly sha256: Sha256;
}

export const subjectIdOf = ({ subject }: CertificateClaims): string => keyIdOf(subject.key);

export const boundsOf = ({ scopes, not_after, max_effect }: CertificateClaims): SigningBounds => ({
  scopes,
  expires: not_after,
  ...(max_effect !== undefined && { max_effect }),
});

/** The one text that is signed. */
export function certificatePayload(claims: CertificateClaims): Uint8Array {
  const { subject, issuer, not_before, not_after, scopes, max_effect, may_issue } = claims;
  const text = canonicalJson({
    tollgate: FORM,
    subject: { name: subject.name, key: Buffer.from(subject.key).toString("base64") },
    issuer,
    not_before: new Date(not_before).toISOString(),
    not_after: new Date(not_after).toISOString(),
    scopes: [...scopes],
    ...(max_effect !== undefined && { max_effect }),
    may_issue,
  });
  return new Uint8Array(Buffer.from(text, "utf8"));
}

/** Reads a certificate. Refuses, as `certificate-invalid`, whatever is not the one text of what it says, and impossible claims. */
export function readCertificate(text: string | Uint8Array): Certificate | Fault {
  const envelope = readEnvelope(text, CERTIFICATE_PAYLOAD);
  if (isFault(envelope)) return invalid(envelope.message);
  const parsed = parseJson(envelope.payload);
  if (!parsed.ok) return invalid(parsed.reason);
  const claims = readClaims(parsed.value);
  if (typeof claims === "string") return invalid(claims);
  if (Buffer.compare(certificatePayload(claims), envelope.payload) !== 0)
    return invalid("it is not in its canonical form");
  if (envelope.signatures.length !== 1) return invalid("it has more than one signature");
  return { ...claims, envelope, sha256: createHash("sha256").update(envelope.payload).digest("hex") };
}

function readClaims(value: Json): CertificateClaims | string {
  if (!isObject(value) || value.tollgate !== FORM) return `it is not of the form ${FORM}`;
  const { subject, issuer, scopes, max_effect, may_issue } = value;
  if (!isObject(subject) || typeof subject.name !== "string" || !isKeyName(subject.name))
    return "its subject has no name";
  const key = typeof subject.key === "string" ? new Uint8Array(Buffer.from(subject.key, "base64")) : undefined;
  if (key?.length !== PUBLIC_KEY_BYTES) return "its subject has no key";
  if (typeof issuer !== "string" || !/^[0-9a-f]{64}$/.test(issuer)) return "its issuer is no key id";
  const not_before = timeOf(value.not_before);
  const not_after = timeOf(value.not_after);
  if (not_before === undefined || not_after === undefined || not_before >= not_after) return "it is valid at no time";
  if (!Array.isArray(scopes) || scopes.length === 0 || scopes.length > MOST_SCOPES) return "it has no scopes";
  if (!scopes.every((scope) => typeof scope === "string" && isScope(scope))) return "its scopes are no names of tools";
  if (max_effect !== undefined && !(typeof max_effect === "number" && max_effect >= 0 && max_effect <= LARGEST_SCORE)) {
    return "its largest effect is no score";
  }
  if (typeof may_issue !== "number" || !Number.isInteger(may_issue) || may_issue < 0 || may_issue >= LONGEST_CHAIN) {
    return `may_issue is not a whole number below ${LONGEST_CHAIN}`;
  }
  return {
    subject: { name: subject.name, key },
    issuer,
    not_before,
    not_after,
    scopes: scopes as string[],
    ...(max_effect !== undefined && { max_effect: max_effect as number }),
    may_issue,
  };
}

function timeOf(text: Json | undefined): number | undefined {
  if (typeof text !== "string" || !TIME.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isFinite(time) && new Date(time).toISOString() === text ? time : undefined;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (why: string): Fault =>
  fault("trust", "certificate-invalid", `the certificate cannot be used: ${why}: have its issuer make another`);
