import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { StateReader } from "../contract/state.ts";
import { readRow } from "../kernel/rows.ts";
import { usable } from "../kernel/tools/activate.ts";
import type { VersionRecord } from "../kernel/tools/records.ts";
import { standingProblem } from "../kernel/tools/standing.ts";
import { readEnvelopeText, versionsOf } from "../kernel/tools/versions.ts";
import { type Difference, differenceOf } from "../trust/difference.ts";
import { readEnvelope, TOOL_PAYLOAD } from "../trust/dsse.ts";
import { readStatement, type ToolStatement } from "../trust/statement.ts";
import type { ToolDesk } from "./tool-desk.ts";

/** What somebody who makes a version active has to know. */
export interface Activation {
  readonly record: VersionRecord;
  readonly statement: ToolStatement;
  /** The version that was accepted last, and what this one differs in; absent for the first, and for one that was accepted before. */
  readonly since?: { readonly version: string; readonly differences: readonly Difference[] };
}

/** Looks at a version that is to become active. Refuses one that no host with these settings would run. */
export function lookAt(desk: ToolDesk, name: string, version: string): Activation | Fault {
  return desk.chain.read((state) => {
    const record = usable(state, name, version);
    if (isFault(record)) return record;
    const problem = standingProblem(state, name, record, desk.settings);
    if (problem !== undefined) return fault("trust", "tool-quarantined", problem);
    const statement = statementOf(desk, state, name, version);
    if (isFault(statement)) return statement;
    const accepted = lastAccepted(state, name);
    if (record.accepted !== undefined || accepted === undefined) return { record, statement };
    const before = statementOf(desk, state, name, accepted.version);
    const differences = isFault(before)
      ? [{ where: "everything", after: "the accepted version was removed" }]
      : differenceOf(before, statement);
    return { record, statement, since: { version: accepted.version, differences } };
  });
}

/** The statement of a version as it was deployed. */
export function statementOf(
  { check }: Pick<ToolDesk, "check">,
  state: StateReader,
  name: string,
  version: string,
): ToolStatement | Fault {
  const text = readEnvelopeText(state, name, version);
  if (text === undefined)
    return fault("trust", "version-removed", `${name} ${version} was removed: deploy a later version`);
  const envelope = readEnvelope(text, TOOL_PAYLOAD);
  return isFault(envelope) ? envelope : readStatement(envelope.payload, check);
}

/** What runs, or ran last, of what somebody has accepted. */
function lastAccepted(state: StateReader, name: string): VersionRecord | undefined {
  const accepted = versionsOf(state, name).filter((one) => one.accepted !== undefined);
  const active = readRow(state, "tool", name)?.active;
  return (
    accepted.find(({ version }) => version === active) ??
    accepted.findLast(({ removed }) => removed === undefined) ??
    accepted.at(-1)
  );
}

/** Refuses until somebody says that they have seen the difference. */
export function mustAccept(name: string, version: string, { since }: Activation): Fault | undefined {
  return (
    since &&
    fault(
      "trust",
      "not-accepted",
      `${name} ${version} differs from ${since.version}, which was accepted: if you accept what is shown, run tollgate tool activate ${name} ${version} --accept`,
    )
  );
}
