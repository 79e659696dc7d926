import { loadHostKey } from "../../chain/host-key.ts";
import { type Fault, fault, isFault } from "../../contract/fault.ts";
import type { ToolManifest } from "../../contract/manifest.ts";
import type { StateReader } from "../../contract/state.ts";
import { readRow } from "../../kernel/rows.ts";
import type { Signer, TrustedKey } from "../../kernel/tools/records.ts";
import { boundsProblem, type SigningBounds } from "../../trust/bounds.ts";
import { type ChainTrust, readChain, verifyChain } from "../../trust/certificate-chain.ts";
import { keyIdOf } from "../../trust/ed25519.ts";

/** Whom a state directory trusts to sign for tools, at the moment that it was read. */
export interface SigningTrust extends ChainTrust {
  /** The host's own public key. */
  readonly hostKey: Uint8Array | Fault;
  name(keyid: string): string | undefined;
}

/** Somebody whose signature counts. */
export interface KnownKey {
  readonly signer: Signer;
  readonly publicKey: Uint8Array;
  /** Says why this one may not sign for this tool at this time, or nothing. */
  refuses(manifest: Pick<ToolManifest, "name" | "effect">, at: number): string | undefined;
}

/** The trust that is in the rows of a state, and in the host's key file. */
export function signingTrust(state: StateReader, stateDirectory: string): SigningTrust {
  const trusted = (keyid: string) => readRow(state, "trusted-key", keyid);
  return {
    get hostKey() {
      return hostPublicKey(stateDirectory);
    },
    name: (keyid) => trusted(keyid)?.name,
    anchor(keyid) {
      const key = trusted(keyid);
      return key && { publicKey: publicKeyOf(key), bounds: boundsOfKey(key), mayIssue: key.may_issue };
    },
    isRevoked: (keyid) => readRow(state, "revoked-key", keyid) !== undefined,
  };
}

/**
 * The key of this id, where its signature counts: the host's own, a trusted one, or the one at the end of a chain of
 * certificates that leads to a trusted one. Undefined for any other key, a fault for certificates that do not count.
 */
export function signingKeyOf(
  keyid: string,
  certificates: string | undefined,
  trust: SigningTrust,
  at: number,
): KnownKey | Fault | undefined {
  const { hostKey } = trust;
  if (isFault(hostKey)) return hostKey;
  if (keyIdOf(hostKey) === keyid)
    return { signer: { kind: "host", keyid }, publicKey: hostKey, refuses: () => undefined };
  if (trust.isRevoked(keyid)) return refuse(`the key ${keyid.slice(0, 16)} was revoked: have it signed by another`);
  const anchor = trust.anchor(keyid);
  if (anchor !== undefined) {
    const whose = `the key ${trust.name(keyid)}`;
    return {
      signer: { kind: "key", keyid },
      publicKey: anchor.publicKey,
      refuses: (manifest, now) => boundsProblem(whose, anchor.bounds, manifest, now),
    };
  }
  if (certificates === undefined) return undefined;
  const chain = readChain(certificates);
  if (isFault(chain)) return chain;
  const verified = verifyChain(chain, trust, at);
  if (isFault(verified)) return verified;
  const { leaf, via, bounds } = verified;
  if (leaf.keyid !== keyid) return undefined;
  return {
    signer: { kind: "certificate", keyid, via },
    publicKey: leaf.publicKey,
    refuses: (manifest, now) => boundsProblem(`the certificate of ${chain[0]?.subject.name}`, bounds, manifest, now),
  };
}

export const publicKeyOf = ({ public_key }: TrustedKey): Uint8Array =>
  new Uint8Array(Buffer.from(public_key, "base64"));

const boundsOfKey = ({ scopes, expires, max_effect }: TrustedKey): SigningBounds => ({
  scopes,
  ...(expires !== undefined && { expires }),
  ...(max_effect !== undefined && { max_effect }),
});

function hostPublicKey(stateDirectory: string): Uint8Array | Fault {
  const loaded = loadHostKey(stateDirectory);
  if (loaded.ok) return loaded.signer.verifier.publicKey;
  return loaded.fault ?? refuse("the host's key is not there: restore it from a backup");
}

const refuse = (why: string): Fault => fault("trust", "signature-refused", why);
