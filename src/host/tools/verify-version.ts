import { type Fault, isFault } from "../../contract/fault.ts";
import type { VersionRecord } from "../../kernel/tools/records.ts";
import { claimsProblem } from "../../trust/claims.ts";
import { preAuthEncoding, readEnvelope, TOOL_PAYLOAD } from "../../trust/dsse.ts";
import { isSignature, keyIdOf } from "../../trust/ed25519.ts";
import { type DocumentCheck, readStatement, type ToolStatement } from "../../trust/statement.ts";
import { quarantined } from "./quarantined.ts";
import { type KnownKey, type SigningTrust, signingKeyOf } from "./signing-trust.ts";

/** What lies in the state of one version. */
export interface KeptVersion {
  readonly name: string;
  readonly record: VersionRecord;
  /** The text of its envelope. */
  readonly envelope: string | undefined;
  readonly certificates: string | undefined;
}

/**
 * Verifies a deployed version whole, as it lies in the state: that its signer, who was within its bounds when it was
 * deployed, signed exactly this statement of exactly this version and module, and that what it claims holds together.
 */
export function verifyVersion(kept: KeptVersion, check: DocumentCheck, trust: SigningTrust): ToolStatement | Fault {
  const { name, record } = kept;
  const refuse = (why: string): Fault => quarantined(name, record, why);
  if (kept.envelope === undefined) return refuse("its signature is not there");
  const envelope = readEnvelope(kept.envelope, TOOL_PAYLOAD);
  if (isFault(envelope)) return refuse(envelope.message);
  const { keyid } = record.signer;
  const key = signingKeyOf(keyid, kept.certificates, trust, record.deployed.at);
  if (key === undefined) return refuse(`the key ${keyid.slice(0, 16)} that vouched for it is not trusted`);
  if (isFault(key)) return refuse(key.message);
  const signed = preAuthEncoding(TOOL_PAYLOAD, envelope.payload);
  const byKey = envelope.signatures.some((one) => one.keyid === keyid && isSignature(one.sig, signed, key.publicKey));
  if (keyIdOf(key.publicKey) !== keyid || !byKey || !isSameSigner(key, record)) {
    return refuse(`it is not signed by ${keyid.slice(0, 16)}, which vouched for it`);
  }
  const statement = readStatement(envelope.payload, check);
  if (isFault(statement)) return refuse(statement.message);
  const { manifest, module, sha256 } = statement;
  if (sha256 !== record.statement_sha256 || manifest.name !== name || manifest.version !== record.version) {
    return refuse("what was signed is of another tool or version");
  }
  if (module.sha256 !== record.module_sha256 || module.size !== record.module_bytes) {
    return refuse("what was signed is of another module");
  }
  const wrong = key.refuses(manifest, record.deployed.at) ?? claimsProblem(manifest);
  return wrong === undefined ? statement : refuse(wrong);
}

function isSameSigner({ signer }: KnownKey, record: VersionRecord): boolean {
  return signer.kind === record.signer.kind && String(signer.via ?? []) === String(record.signer.via ?? []);
}
