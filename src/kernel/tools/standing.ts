import { holdsTool } from "../../contract/capabilities.ts";
import type { StateReader } from "../../contract/state.ts";
import { readRow } from "../rows.ts";
import type { Signer, VersionRecord } from "./records.ts";

/** What a host asks of the versions that it runs. */
export interface StandingRules {
  /** Versions that came without a signature are not run. */
  readonly requireSignatures: boolean;
}

/**
 * Says why a version that was deployed may not run now, with what would settle it, or nothing: it was withdrawn, or nobody
 * who is trusted vouches for it any more. Reads rows only; signatures were checked when it was deployed, and are again when
 * it is loaded. That a key has expired since does not matter: the chain says when it was deployed.
 */
export function standingProblem(
  state: StateReader,
  name: string,
  { version, revoked, removed, unsigned, signer }: VersionRecord,
  { requireSignatures }: StandingRules,
): string | undefined {
  if (revoked !== undefined) return `${name} ${version} was revoked: ${revoked.reason}: deploy a later version`;
  if (removed !== undefined) return `${name} ${version} was removed: deploy a later version`;
  if (unsigned && requireSignatures) {
    return `${name} ${version} came without a signature, and signatures are required here: raise its version, run tollgate tool sign on its folder and deploy that`;
  }
  const why = signerProblem(state, name, signer);
  return why && `${name} ${version} is signed by ${signer.keyid.slice(0, 16)}: ${why}`;
}

function signerProblem(state: StateReader, name: string, { kind, keyid, via = [] }: Signer): string | undefined {
  if (kind === "host") return undefined;
  for (const one of [keyid, ...via]) {
    const revoked = readRow(state, "revoked-key", one);
    if (revoked !== undefined)
      return `the key ${one.slice(0, 16)} was revoked: ${revoked.reason}: have a later version signed by another`;
  }
  const anchor = via.at(-1) ?? keyid;
  const trusted = readRow(state, "trusted-key", anchor);
  if (trusted === undefined)
    return `the key ${anchor.slice(0, 16)} is not trusted: if you do, run tollgate key trust <its .pub file> --scope ${name}`;
  if (!holdsTool(trusted.scopes, name))
    return `${trusted.name} may not sign for it any more: it may for ${trusted.scopes.join(", ")}: run tollgate key trust <its .pub file> --scope ${name} if you want it to`;
  return undefined;
}
