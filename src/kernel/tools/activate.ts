import type { Fault } from "../../contract/fault.ts";
import type { StateReader, StateTransaction } from "../../contract/state.ts";
import { refused } from "../fault.ts";
import { readRow, writeRow } from "../rows.ts";
import { mutated } from "../tree/mutations.ts";
import { KEPT_ACTIVE, type VersionRecord } from "./records.ts";
import { readVersionRecord, versionKey } from "./versions.ts";

/** What became active in the place of what. */
export interface Activated {
  readonly record: VersionRecord;
  readonly from: string | undefined;
}

/**
 * Makes a version the one that runs. Refuses one that was revoked or removed; nothing is done where it runs already. The
 * event, `tool.activate` or `tool.rollback`, names what was active before.
 */
export function activateVersion(
  state: StateTransaction,
  name: string,
  version: string,
  kind: "tool.activate" | "tool.rollback" = "tool.activate",
): Activated | Fault {
  const tool = readRow(state, "tool", name);
  if (tool === undefined) return noSuchTool(name);
  const record = usable(state, name, version);
  if ("code" in record) return record;
  if (tool.active === version) return refused("already-active", `${name} ${version} is active already`);
  const { module_sha256, statement_sha256 } = record;
  const sequence = state.event({
    source: "operator",
    kind,
    payload: { tool: name, version, from: tool.active ?? null, module_sha256, statement_sha256 },
  });
  const accepted: VersionRecord = record.accepted ? record : { ...record, accepted: { at: state.time, sequence } };
  writeRow(state, "tool-version", keyOf(name, version), accepted);
  const before = kind === "tool.rollback" ? upTo(tool.before, version) : withActive(tool.before, tool.active);
  writeRow(state, "tool", [name], { ...tool, active: version, before });
  mutated(state, "tools");
  return { record: accepted, from: tool.active };
}

/** The version that a roll-back leads to: the last active one before this that can still run. */
export function rollbackTarget(state: StateReader, name: string): string | Fault {
  const tool = readRow(state, "tool", name);
  if (tool === undefined) return noSuchTool(name);
  const target = tool.before.findLast((version) => !("code" in usable(state, name, version)));
  return (
    target ??
    refused("no-earlier-version", `there is no version of ${name} to go back to: see tollgate tool versions ${name}`)
  );
}

/** A version that can be made active, or why it cannot. */
export function usable(state: StateReader, name: string, version: string): VersionRecord | Fault {
  const record = readVersionRecord(state, name, version);
  if (record === undefined) {
    return refused("version-not-found", `${name} has no version ${version}: see tollgate tool versions ${name}`);
  }
  if (record.revoked !== undefined)
    return refused("tool-revoked", `${name} ${version} was revoked: ${record.revoked.reason}: deploy a later version`);
  if (record.removed !== undefined)
    return refused("version-removed", `${name} ${version} was removed: deploy a later version`);
  return record;
}

export const noSuchTool = (name: string): Fault =>
  refused("tool-not-deployed", `no tool ${name} was deployed: see tollgate tool list`);

/** The key of a version that has a record. */
export function keyOf(name: string, version: string): readonly [string, number, number, number] {
  const key = versionKey(name, version);
  if (key === undefined) throw new Error(`${version} is no version`);
  return key;
}

const withActive = (before: readonly string[], active: string | undefined): readonly string[] =>
  active === undefined ? before : [...before.filter((one) => one !== active), active].slice(-KEPT_ACTIVE);

const upTo = (before: readonly string[], version: string): readonly string[] => {
  const at = before.lastIndexOf(version);
  return at === -1 ? before : before.slice(0, at);
};
