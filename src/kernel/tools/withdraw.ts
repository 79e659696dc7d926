import type { Fault } from "../../contract/fault.ts";
import type { StateTransaction } from "../../contract/state.ts";
import { refused } from "../fault.ts";
import { readRow, removeRow, writeRow } from "../rows.ts";
import { mutated } from "../tree/mutations.ts";
import { keyOf, noSuchTool } from "./activate.ts";
import type { ToolRecord, VersionRecord } from "./records.ts";
import { readVersionRecord, versionsOf } from "./versions.ts";

/** What was withdrawn, and whether the tool runs no more by that. */
export interface Withdrawn {
  readonly record: VersionRecord;
  readonly wasActive: boolean;
}

/**
 * Revokes one version for ever: nothing runs it any more, in no host on this state directory, and it cannot be deployed or
 * activated again. No other version takes its place by itself. The event `tool.revoke` names it and its hashes.
 */
export function revokeVersion(
  state: StateTransaction,
  name: string,
  version: string,
  reason: string,
): Withdrawn | Fault {
  const tool = readRow(state, "tool", name);
  if (tool === undefined) return noSuchTool(name);
  const record = readVersionRecord(state, name, version);
  if (record === undefined) {
    return refused("version-not-found", `${name} has no version ${version}: see tollgate tool versions ${name}`);
  }
  if (record.revoked !== undefined)
    return refused("already-revoked", `${name} ${version} was revoked before: ${record.revoked.reason}`);
  const { module_sha256, statement_sha256 } = record;
  const wasActive = tool.active === version;
  const sequence = state.event({
    source: "operator",
    kind: "tool.revoke",
    payload: { tool: name, version, module_sha256, statement_sha256, reason, was_active: wasActive },
  });
  const revoked: VersionRecord = { ...record, revoked: { at: state.time, sequence, reason } };
  writeRow(state, "tool-version", keyOf(name, version), revoked);
  if (wasActive) writeRow(state, "tool", [name], withoutActive(tool));
  mutated(state, "tools");
  return { record: revoked, wasActive };
}

/**
 * Removes one version, or all of a tool: module and envelope are gone, the record of what it was stays, and so does the
 * order of versions. The active version is removed only with all. The event `tool.remove` names what was removed.
 */
export function removeVersions(
  state: StateTransaction,
  name: string,
  version?: string,
): readonly VersionRecord[] | Fault {
  const tool = readRow(state, "tool", name);
  if (tool === undefined) return noSuchTool(name);
  if (version !== undefined && tool.active === version) {
    return refused(
      "version-active",
      `${name} ${version} is active: activate another version first, or remove the whole tool`,
    );
  }
  const there = versionsOf(state, name).filter(({ removed }) => removed === undefined);
  const going = version === undefined ? there : there.filter((record) => record.version === version);
  if (going.length === 0) {
    return refused(
      "version-not-found",
      `there is nothing left of ${name}${version === undefined ? "" : ` ${version}`} to remove`,
    );
  }
  const sequence = state.event({
    source: "operator",
    kind: "tool.remove",
    payload: {
      tool: name,
      versions: going.slice(0, MOST_NAMED).map(({ version, module_sha256, statement_sha256 }) => ({
        version,
        module_sha256,
        statement_sha256,
      })),
      count: going.length,
    },
  });
  const removed = going.map((record): VersionRecord => ({ ...record, removed: { at: state.time, sequence } }));
  for (const record of removed) {
    writeRow(state, "tool-version", keyOf(name, record.version), record);
    removeRow(state, "tool-envelope", ...keyOf(name, record.version));
    removeRow(state, "tool-certificates", ...keyOf(name, record.version));
  }
  const left = version === undefined ? { highest: tool.highest, before: [] } : tool;
  writeRow(state, "tool", [name], left);
  mutated(state, "tools");
  return removed;
}

/** Versions that one event names; an event has room for so many. */
const MOST_NAMED = 200;

function withoutActive({ active, ...tool }: ToolRecord): ToolRecord {
  return active === undefined ? tool : { ...tool, before: tool.before.filter((one) => one !== active) };
}
