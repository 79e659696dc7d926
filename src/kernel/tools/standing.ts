import type { StateReader } from "../../contract/state.ts";
import type { VersionRecord } from "./records.ts";

/** What a host asks of the versions that it runs. */
export interface StandingRules {
  /** Versions that came without a signature are not run. */
  readonly requireSignatures: boolean;
}

/**
 * Says why a version that was deployed may not run now, with what would settle it, or nothing: it was withdrawn, or nobody
 * who is trusted vouches for it any more. Reads rows only; signatures were checked when it was deployed, and are again when
 * it is loaded.
 */
export function standingProblem(
  _state: StateReader,
  name: string,
  { version, revoked, removed, unsigned }: VersionRecord,
  { requireSignatures }: StandingRules,
): string | undefined {
  if (revoked !== undefined) return `${name} ${version} was revoked: ${revoked.reason}: deploy a later version`;
  if (removed !== undefined) return `${name} ${version} was removed: deploy a later version`;
  if (unsigned && requireSignatures) {
    return `${name} ${version} came without a signature, and signatures are required here: raise its version, run tollgate tool sign on its folder and deploy that`;
  }
  return undefined;
}
