import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { parseJson } from "../contract/strict-json.ts";
import { type SigningBounds, scopesWithin } from "./bounds.ts";
import {
  boundsOf,
  CERTIFICATE_PAYLOAD,
  type Certificate,
  LONGEST_CHAIN,
  readCertificate,
  subjectIdOf,
} from "./certificate.ts";
import { preAuthEncoding } from "./dsse.ts";
import { isSignature } from "./ed25519.ts";

/** A key that is trusted by itself. */
export interface Anchor {
  readonly publicKey: Uint8Array;
  readonly bounds: SigningBounds;
  /** How many certificates may follow below it; 0 where it signs tools only. */
  readonly mayIssue: number;
}

/** Who is trusted when a chain is judged. */
export interface ChainTrust {
  anchor(keyid: string): Anchor | undefined;
  isRevoked(keyid: string): boolean;
}

/** A chain that leads from a key to one that is trusted. */
export interface VerifiedChain {
  /** The key that may sign tools. */
  readonly leaf: { readonly keyid: string; readonly publicKey: Uint8Array };
  /** Ids of the keys above the leaf's, the trusted one last. */
  readonly via: readonly string[];
  /** What the leaf may vouch for: within all that is above it. */
  readonly bounds: SigningBounds;
}

/** Reads the text of a chain: a JSON list of certificate envelopes, leaf first. */
export function readChain(text: string): readonly Certificate[] | Fault {
  const parsed = parseJson(text);
  if (!parsed.ok) return refuse(parsed.reason);
  if (!Array.isArray(parsed.value) || parsed.value.length === 0) return refuse("it is no list of certificates");
  if (parsed.value.length > LONGEST_CHAIN) return refuse(`it has more than ${LONGEST_CHAIN} certificates`);
  const chain: Certificate[] = [];
  for (const one of parsed.value as readonly Json[]) {
    const certificate = readCertificate(JSON.stringify(one));
    if (isFault(certificate)) return certificate;
    chain.push(certificate);
  }
  return chain;
}

/**
 * Verifies a chain, leaf first, whole: each certificate signed by the key of the next and the last by a trusted key, none
 * left out and none too many, no key twice, none revoked, each valid now, each allowed to issue what is below it, and each
 * within the scopes and effects of what is above it. Anything else is refused as `chain-refused`.
 */
export function verifyChain(chain: readonly Certificate[], trust: ChainTrust, now: number): VerifiedChain | Fault {
  const [leaf] = chain;
  const last = chain.at(-1);
  if (leaf === undefined || last === undefined) return refuse("it is empty");
  const ids = chain.map(subjectIdOf);
  if (new Set([...ids, last.issuer]).size !== ids.length + 1)
    return refuse("a key stands in it twice: it leads nowhere");
  const anchor = trust.anchor(last.issuer);
  if (anchor === undefined) {
    return refuse(
      `its last issuer ${last.issuer.slice(0, 16)} is not trusted: a certificate is missing, or that key is to be trusted first`,
    );
  }
  for (const keyid of [...ids, last.issuer]) {
    if (trust.isRevoked(keyid)) return refuse(`the key ${keyid.slice(0, 16)} in it was revoked`);
  }
  for (const [at, certificate] of chain.entries()) {
    const above = chain[at + 1];
    const wrong = linkProblem(certificate, at, above, anchor, trust, now);
    if (wrong !== undefined) return refuse(`that of ${safeText(certificate.subject.name, 64)}: ${wrong}`);
  }
  return {
    leaf: { keyid: ids[0] as string, publicKey: leaf.subject.key },
    via: [...ids.slice(1), last.issuer],
    bounds: boundsOf(leaf),
  };
}

/** What is wrong between a certificate and what is above it, or nothing. `at` is how many certificates are below it. */
function linkProblem(
  certificate: Certificate,
  at: number,
  above: Certificate | undefined,
  anchor: Anchor,
  trust: ChainTrust,
  now: number,
): string | undefined {
  const { envelope, issuer, not_before, not_after } = certificate;
  const issuerKey = above === undefined ? anchor.publicKey : above.subject.key;
  const bounds = above === undefined ? anchor.bounds : boundsOf(above);
  const mayIssue = above === undefined ? anchor.mayIssue : above.may_issue;
  if (above !== undefined && issuer !== subjectIdOf(above))
    return "it was issued by another than the next in the chain";
  if (above !== undefined && trust.anchor(issuer) !== undefined)
    return "its issuer is trusted, and more certificates follow";
  const [signature] = envelope.signatures;
  const signed = preAuthEncoding(CERTIFICATE_PAYLOAD, envelope.payload);
  if (signature === undefined || signature.keyid !== issuer || !isSignature(signature.sig, signed, issuerKey)) {
    return "its issuer has not signed it";
  }
  if (now < not_before) return `it is valid from ${new Date(not_before).toISOString()} on`;
  if (now >= not_after) return `it expired on ${new Date(not_after).toISOString()}`;
  if (mayIssue < at + 1) return "its issuer may not issue it: that key is for signing tools, or for a shorter chain";
  if (!scopesWithin(certificate.scopes, bounds.scopes)) return "its scopes reach further than its issuer's";
  if (bounds.expires !== undefined && now >= bounds.expires)
    return "its issuer is trusted no longer: that key has expired";
  const { max_effect } = bounds;
  if (max_effect !== undefined && (certificate.max_effect === undefined || certificate.max_effect > max_effect)) {
    return "it allows larger effects than its issuer may";
  }
  return undefined;
}

const refuse = (why: string): Fault => fault("trust", "chain-refused", `the certificates do not count: ${why}`);
