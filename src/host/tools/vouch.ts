import { type Fault, fault, isFault } from "../../contract/fault.ts";
import type { Signer } from "../../kernel/tools/records.ts";
import { readChain } from "../../trust/certificate-chain.ts";
import { encodeEnvelope, preAuthEncoding, readEnvelope, TOOL_PAYLOAD } from "../../trust/dsse.ts";
import { isSignature, keyIdOf } from "../../trust/ed25519.ts";
import type { ToolStatement } from "../../trust/statement.ts";
import { type SigningTrust, signingKeyOf } from "./signing-trust.ts";

/** A key that can sign for tools. */
export interface EnvelopeSigner {
  readonly publicKey: Uint8Array;
  signEnvelope(preAuthEncoding: Uint8Array): Uint8Array;
}

/** Who vouches for a tool. */
export interface Vouched {
  readonly signer: Signer;
  readonly envelope: string;
  readonly certificates?: { readonly text: string; readonly sha256: readonly string[] };
  /** Nobody had signed it: the host has, for its operator. */
  readonly unsigned: boolean;
}

/** The envelope of a statement, signed by one key. */
export function sealStatement({ payload }: ToolStatement, key: EnvelopeSigner): string {
  const sig = key.signEnvelope(preAuthEncoding(TOOL_PAYLOAD, payload));
  return encodeEnvelope({ payloadType: TOOL_PAYLOAD, payload, signatures: [{ keyid: keyIdOf(key.publicKey), sig }] });
}

/**
 * Finds somebody trusted whose valid signature is over exactly this statement, and who may sign for it now. Refuses, as
 * `signature-refused`, an envelope over anything else, one that nobody trusted has signed, and one whose signature by a
 * trusted key is not valid.
 */
export function findSigner(
  text: string,
  certificates: string | undefined,
  statement: ToolStatement,
  trust: SigningTrust,
  now: number,
): Vouched | Fault {
  const { name } = statement.manifest;
  const refuse = (why: string): Fault =>
    fault("trust", "signature-refused", `the signature of ${name} does not count: ${why}`);
  const envelope = readEnvelope(text, TOOL_PAYLOAD);
  if (isFault(envelope)) return envelope;
  if (Buffer.compare(envelope.payload, statement.payload) !== 0) {
    return refuse(
      "it is over something else than tool.json and the module that are here: run tollgate tool sign on its folder, with the key that is to vouch for it",
    );
  }
  const signed = preAuthEncoding(TOOL_PAYLOAD, envelope.payload);
  let why: string | undefined;
  for (const { keyid, sig } of envelope.signatures) {
    const known = signingKeyOf(keyid, certificates, trust, now);
    if (known === undefined) continue;
    if (isFault(known)) {
      why ??= known.message;
      continue;
    }
    if (!isSignature(sig, signed, known.publicKey)) return refuse(`that of ${keyid.slice(0, 16)} is not valid`);
    const bounded = known.refuses(statement.manifest, now);
    if (bounded === undefined) {
      return {
        signer: known.signer,
        envelope: text,
        unsigned: false,
        ...(known.signer.kind === "certificate" &&
          certificates !== undefined && { certificates: described(certificates) }),
      };
    }
    why ??= bounded;
  }
  const ids = envelope.signatures.map(({ keyid }) => keyid.slice(0, 16)).join(", ");
  return refuse(
    why ??
      `it is by ${ids}, whom nobody here trusts: if you do, run tollgate key trust <its .pub file> --scope ${name}`,
  );
}

function described(text: string): NonNullable<Vouched["certificates"]> {
  const chain = readChain(text);
  return { text, sha256: isFault(chain) ? [] : chain.map(({ sha256 }) => sha256) };
}
