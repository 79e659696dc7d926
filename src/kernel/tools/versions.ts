import type { StateReader } from "../../contract/state.ts";
import { readVersion } from "../../contract/tool-version.ts";
import { DAMAGED, type Damaged, lookAtRow, lookAtRows, readRow, readRows, soundRows } from "../rows.ts";
import { mutationMark, mutations } from "../tree/mutations.ts";
import type { ToolRecord, VersionRecord } from "./records.ts";

/**
 * A number that is another after every change of deployed tools and of who is trusted to sign them; cheap to read. Undefined
 * where it cannot be read, and then nothing is known to be unchanged.
 */
export const toolsRevision = (state: StateReader): number | undefined => mutations(state, "tools");

/** The same as bytes that are the same as long as that is; absent as long as nothing was deployed and nobody trusted. */
export const toolsMark = (state: StateReader): Uint8Array | undefined => mutationMark(state, "tools");

/** The key of a version's rows behind the table's name; undefined for text that is no version. */
export function versionKey(name: string, version: string): readonly [string, number, number, number] | undefined {
  const parts = readVersion(version);
  return parts && [name, ...parts];
}

export function readVersionRecord(state: StateReader, name: string, version: string): VersionRecord | undefined {
  const key = versionKey(name, version);
  return key && readRow(state, "tool-version", ...key);
}

/** The same for who goes on without a record that is damaged. */
export function lookAtVersion(state: StateReader, name: string, version: string): VersionRecord | undefined | Damaged {
  const key = versionKey(name, version);
  return key && lookAtRow(state, "tool-version", ...key);
}

/** The signed envelope of a version, as it was deployed; undefined for one that is not there or was removed. */
export function readEnvelopeText(state: StateReader, name: string, version: string): string | undefined {
  const key = versionKey(name, version);
  return key && readRow(state, "tool-envelope", ...key);
}

/** The certificates of whoever signed a version; undefined where it was not signed by them. */
export function readCertificatesText(state: StateReader, name: string, version: string): string | undefined {
  const key = versionKey(name, version);
  return key && readRow(state, "tool-certificates", ...key);
}

/** All that was ever deployed, by name, without what is damaged. */
export function deployedTools(state: StateReader): readonly { readonly name: string; readonly record: ToolRecord }[] {
  return soundRows(state, "tool").map(({ key, row }) => ({ name: String(key[0]), record: row }));
}

/** The same with those that are damaged. */
export function lookAtTools(
  state: StateReader,
): readonly { readonly name: string; readonly record: ToolRecord | Damaged }[] {
  return lookAtRows(state, "tool").map(({ key, row }) => ({ name: String(key[0]), record: row }));
}

/** All versions of one tool with those that are damaged, the earliest first. */
export function lookAtVersions(
  state: StateReader,
  name: string,
): readonly { readonly version: string; readonly record: VersionRecord | Damaged }[] {
  return lookAtRows(state, "tool-version", [name]).map(({ key, row }) => ({
    version: key.slice(1).join("."),
    record: row,
  }));
}

/** The versions of one tool, the earliest first, those that were removed among them. */
export function versionsOf(state: StateReader, name: string): readonly VersionRecord[] {
  return readRows(state, "tool-version", [name]).map(({ row }) => row);
}

/** What runs: of each tool the active version, by name. A tool whose rows are damaged is listed as that. */
export function activeVersions(state: StateReader): readonly ActiveVersion[] {
  return lookAtRows(state, "tool").flatMap(({ key, row }): ActiveVersion[] => {
    const name = String(key[0]);
    if (row === DAMAGED) return [{ name, record: DAMAGED }];
    const at = row.active === undefined ? undefined : versionKey(name, row.active);
    const record = at && lookAtRow(state, "tool-version", ...at);
    return row.active === undefined ? [] : [{ name, record: record ?? DAMAGED }];
  });
}

/** The same without those that are damaged. */
export const soundActiveVersions = (state: StateReader): readonly SoundVersion[] =>
  activeVersions(state).filter((active): active is SoundVersion => active.record !== DAMAGED);

export interface SoundVersion {
  readonly name: string;
  readonly record: VersionRecord;
}

export interface ActiveVersion {
  readonly name: string;
  readonly record: VersionRecord | Damaged;
}

/** Hashes of all modules that some version needs. */
export function modulesInUse(state: StateReader): ReadonlySet<string> {
  const used = readRows(state, "tool-version").filter(({ row }) => row.removed === undefined);
  return new Set(used.map(({ row }) => row.module_sha256));
}
