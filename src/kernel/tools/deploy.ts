import type { Fault } from "../../contract/fault.ts";
import type { StateTransaction } from "../../contract/state.ts";
import { isLaterVersion } from "../../contract/tool-version.ts";
import { refused } from "../fault.ts";
import { readRow, writeRow } from "../rows.ts";
import { mutated } from "../tree/mutations.ts";
import type { Signer, VersionRecord } from "./records.ts";
import { readVersionRecord, versionKey } from "./versions.ts";

/** Tools and versions that one state directory holds at most, those that were removed among them. */
const MOST_TOOLS = 2048;
const MOST_VERSIONS = 4096;

/** A version that was checked, and whose module lies on the disk. */
export interface Deployment {
  readonly name: string;
  readonly version: string;
  readonly moduleSha256: string;
  readonly moduleBytes: number;
  readonly statementSha256: string;
  /** SHA-256 of the envelope's text. */
  readonly envelopeSha256: string;
  readonly envelope: string;
  /** The text of the certificates, and the SHA-256 of each, where the signer has some. */
  readonly certificates?: { readonly text: string; readonly sha256: readonly string[] };
  readonly signer: Signer;
  readonly unsigned: boolean;
}

/** The version as it is then; `known` where exactly it had been deployed before, and nothing was changed. */
export interface Deployed {
  readonly record: VersionRecord;
  readonly known: boolean;
}

/**
 * Takes a version in, without making it active. Versions of a tool only grow: one that is not later than every version
 * before it is refused as `version-refused`, so that what was replaced, or revoked, does not come back under its old
 * signature. The event `tool.deploy` names every hash.
 */
export function deployVersion(state: StateTransaction, deployment: Deployment): Deployed | Fault {
  const { name, version } = deployment;
  const key = versionKey(name, version);
  if (key === undefined)
    return refused("version-refused", `${version} is not a version: write three numbers, as 1.0.0`);
  const known = readVersionRecord(state, name, version);
  const tool = readRow(state, "tool", name);
  if (known !== undefined) {
    if (known.statement_sha256 === deployment.statementSha256 && known.removed === undefined) {
      return { record: known, known: true };
    }
    const why = known.removed === undefined ? "was deployed with other contents" : "was removed";
    return refused("version-refused", `${name} ${version} ${why}: raise its version`);
  }
  if (tool !== undefined && !isLaterVersion(version, tool.highest)) {
    return refused(
      "version-refused",
      `${name} ${version} is not later than ${tool.highest}, which was deployed before: raise its version`,
      {
        highest: tool.highest,
      },
    );
  }
  const full = tooMany(state, tool === undefined);
  if (full !== undefined) return full;
  const sequence = state.event({
    source: "operator",
    kind: "tool.deploy",
    payload: {
      tool: name,
      version,
      module_sha256: deployment.moduleSha256,
      statement_sha256: deployment.statementSha256,
      envelope_sha256: deployment.envelopeSha256,
      signed_by: deployment.signer.keyid,
      signer: deployment.signer.kind,
      ...(deployment.signer.via && { via: [...deployment.signer.via] }),
      ...(deployment.certificates && { certificates_sha256: [...deployment.certificates.sha256] }),
      unsigned: deployment.unsigned,
    },
  });
  const record: VersionRecord = {
    version,
    module_sha256: deployment.moduleSha256,
    module_bytes: deployment.moduleBytes,
    statement_sha256: deployment.statementSha256,
    signer: deployment.signer,
    unsigned: deployment.unsigned,
    deployed: { at: state.time, sequence },
  };
  writeRow(state, "tool", [name], { ...(tool ?? { before: [] }), highest: version });
  writeRow(state, "tool-version", key, record);
  writeRow(state, "tool-envelope", key, deployment.envelope);
  if (deployment.certificates) writeRow(state, "tool-certificates", key, deployment.certificates.text);
  mutated(state, "tools");
  return { record, known: false };
}

/** Counts what is kept for ever. */
function tooMany(state: StateTransaction, isNew: boolean): Fault | undefined {
  const tools = (readRow(state, "counter", "tools") ?? 0) + (isNew ? 1 : 0);
  const versions = (readRow(state, "counter", "tool-versions") ?? 0) + 1;
  if (tools > MOST_TOOLS || versions > MOST_VERSIONS) {
    return refused(
      "tools-full",
      `this state directory holds ${MOST_TOOLS} tools or ${MOST_VERSIONS} versions, the limit: use another`,
    );
  }
  writeRow(state, "counter", ["tools"], tools);
  writeRow(state, "counter", ["tool-versions"], versions);
  return undefined;
}
