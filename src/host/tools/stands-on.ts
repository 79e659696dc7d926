import { type BigIntStats, statSync } from "node:fs";
import { join } from "node:path";
import { KEY_FILE } from "../../chain/host-key.ts";
import type { StateReader } from "../../contract/state.ts";
import { readRow } from "../../kernel/rows.ts";
import type { VersionRecord } from "../../kernel/tools/records.ts";
import { modulePath } from "./module-files.ts";

/**
 * What the verification of a version stood on, beside what was signed: who is trusted and within which bounds, and the
 * files that it read. Where this text is another than it was, the version has to be verified anew, whether it was found
 * good or bad. Cheap: rows and two looks at the file system. Throws a DamagedRow.
 */
export function standsOn(
  state: StateReader,
  stateDirectory: string,
  { signer, module_sha256 }: Pick<VersionRecord, "signer" | "module_sha256">,
): string {
  const keys = signer.kind === "host" ? [] : [signer.keyid, ...(signer.via ?? [])];
  const rows = keys.map((keyid) => [readRow(state, "trusted-key", keyid), readRow(state, "revoked-key", keyid)]);
  return JSON.stringify([
    rows,
    fileMark(modulePath(stateDirectory, module_sha256)),
    fileMark(join(stateDirectory, KEY_FILE)),
  ]);
}

/** A text that is another after the file was replaced or written to. */
function fileMark(path: string): string {
  let stat: BigIntStats | undefined;
  try {
    stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  return stat === undefined ? "none" : `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}
