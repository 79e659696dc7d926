import { isFault } from "../../contract/fault.ts";
import type { StateReader } from "../../contract/state.ts";
import { type StandingRules, standingProblem } from "../../kernel/tools/standing.ts";
import { deployedTools, readCertificatesText, readEnvelopeText, versionsOf } from "../../kernel/tools/versions.ts";
import type { DocumentCheck } from "../../trust/statement.ts";
import { readModule } from "./module-files.ts";
import { signingTrust } from "./signing-trust.ts";
import { verifyVersion } from "./verify-version.ts";

/** What became of one version. */
export interface CheckedVersion {
  readonly tool: string;
  readonly version: string;
  readonly ok: boolean;
  readonly problem?: string;
}

/**
 * Checks every version that was deployed and neither revoked nor removed, or those of one tool: whether it may run, whether
 * its signature is valid over all that it may do, and whether its module is there and has its hash.
 */
export function checkDeployed(
  state: StateReader,
  stateDirectory: string,
  rules: StandingRules,
  check: DocumentCheck,
  only?: string,
): readonly CheckedVersion[] {
  const trust = signingTrust(state, stateDirectory);
  return deployedTools(state)
    .filter(({ name }) => only === undefined || name === only)
    .flatMap(({ name }) =>
      versionsOf(state, name)
        .filter(({ removed, revoked }) => removed === undefined && revoked === undefined)
        .map((record): CheckedVersion => {
          const { version } = record;
          const envelope = readEnvelopeText(state, name, version);
          const certificates = readCertificatesText(state, name, version);
          const problem =
            standingProblem(state, name, record, rules) ??
            faultOf(verifyVersion({ name, record, envelope, certificates }, check, trust)) ??
            faultOf(readModule(stateDirectory, record.module_sha256, record.module_bytes));
          return problem === undefined
            ? { tool: name, version, ok: true }
            : { tool: name, version, ok: false, problem };
        }),
    );
}

const faultOf = (value: object): string | undefined => (isFault(value) ? value.message : undefined);
