import { isFault } from "../../contract/fault.ts";
import type { StateReader } from "../../contract/state.ts";
import { DAMAGED, DamagedRow } from "../../kernel/rows.ts";
import type { VersionRecord } from "../../kernel/tools/records.ts";
import { type StandingRules, standingProblem } from "../../kernel/tools/standing.ts";
import { lookAtTools, lookAtVersions, readCertificatesText, readEnvelopeText } from "../../kernel/tools/versions.ts";
import type { DocumentCheck } from "../../trust/statement.ts";
import { type ActiveRules, judgeActive } from "./judge-active.ts";
import { readModule } from "./module-files.ts";
import { signingTrust } from "./signing-trust.ts";
import { verifyVersion } from "./verify-version.ts";

/** What became of one version. */
export interface CheckedVersion {
  readonly tool: string;
  /** Absent where the rows that would say it are damaged. */
  readonly version?: string;
  readonly ok: boolean;
  readonly problem?: string;
}

/**
 * Checks every version that was deployed and neither revoked nor removed, or those of one tool: whether it may run, whether
 * its signature is valid over all that it may do, and whether its module is there and has its hash. Rows that are damaged
 * are named.
 */
export function checkDeployed(
  state: StateReader,
  stateDirectory: string,
  rules: StandingRules,
  check: DocumentCheck,
  only?: string,
): readonly CheckedVersion[] {
  const wrong = versionCheck(state, stateDirectory, rules, check);
  return lookAtTools(state)
    .filter(({ name }) => only === undefined || name === only)
    .flatMap(({ name, record }): CheckedVersion[] => {
      const ofTool = record === DAMAGED ? [{ tool: name, ok: false, problem: rowsDamaged }] : [];
      const versions = lookAtVersions(state, name).flatMap(({ version, record }): CheckedVersion[] => {
        if (record === DAMAGED) return [{ tool: name, version, ok: false, problem: rowsDamaged }];
        if (record.removed !== undefined || record.revoked !== undefined) return [];
        const problem = wrong(name, record);
        return [{ tool: name, version, ok: problem === undefined, ...(problem !== undefined && { problem }) }];
      });
      return [...ofTool, ...versions];
    });
}

/** A tool that is active, and why a host with these rules does not run it. */
export interface CheckedTool {
  readonly name: string;
  readonly record?: VersionRecord;
  readonly problem?: string;
}

/**
 * Says of each tool that is active whether a host with these rules would run it, as strictly as at its first call: by what
 * {@link judgeActive} looks at, by its signature, and by its module.
 */
export function checkActive(
  state: StateReader,
  stateDirectory: string,
  rules: ActiveRules,
  check: DocumentCheck,
): readonly CheckedTool[] {
  const wrong = versionCheck(state, stateDirectory, rules.rules, check);
  return judgeActive(state, rules).map(({ name, record, reason }) => {
    const problem = reason?.message ?? (record && wrong(name, record));
    return { name, ...(record && { record }), ...(problem !== undefined && { problem }) };
  });
}

function versionCheck(state: StateReader, stateDirectory: string, rules: StandingRules, check: DocumentCheck) {
  const trust = signingTrust(state, stateDirectory);
  return (name: string, record: VersionRecord): string | undefined => {
    const { version } = record;
    try {
      const envelope = readEnvelopeText(state, name, version);
      const certificates = readCertificatesText(state, name, version);
      return (
        standingProblem(state, name, record, rules) ??
        faultOf(verifyVersion({ name, record, envelope, certificates }, check, trust)) ??
        faultOf(readModule(stateDirectory, record.module_sha256, record.module_bytes))
      );
    } catch (error) {
      if (error instanceof DamagedRow) return rowsDamaged;
      throw error;
    }
  };
}

const rowsDamaged = "its rows are damaged: restore the state directory from a backup";

const faultOf = (value: object): string | undefined => (isFault(value) ? value.message : undefined);
