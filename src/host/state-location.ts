import { dirname } from "node:path";
import { type Fault, fault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import { CONFIGURATION_INVALID, type ConfigFile, readConfigFile } from "./config-file.ts";
import { isWithin, realPathOfExisting } from "./roots.ts";
import type { Ambient } from "./settings.ts";
import { defaultStateDirectory } from "./state-directory.ts";
import { expandPath } from "./xdg.ts";

/** What the command line says about where state is. Paths are as typed. */
export interface StateFlags {
  readonly config?: string;
  readonly stateDirectory?: string;
  readonly witness?: string;
}

/** Where state is, and the configuration file that was read to find out. Paths are absolute. */
export interface StateLocation {
  readonly ok: true;
  readonly stateDirectory: string;
  readonly witness?: string;
  readonly file: ConfigFile | undefined;
}

/**
 * Finds the state directory and the witness by flags, the one `tollgate.json` in force and defaults, without asking
 * whether roots and policies are in order: the chain can be read when nothing else works.
 *
 * A `tollgate.json` that was only found in the current directory may have come with a repository: it cannot say
 * where state or witness are written.
 */
export async function resolveStateLocation(
  flags: StateFlags,
  ambient: Pick<Ambient, "cwd" | "env">,
): Promise<StateLocation | { readonly ok: false; readonly fault: Fault }> {
  const { cwd, env } = ambient;
  const named = flags.config === undefined ? undefined : expandPath(flags.config, cwd, env);
  if (flags.config !== undefined && named === undefined) return refuse(notExpanded(flags.config));
  const file = await readConfigFile(named, ambient);
  if (file !== undefined && "code" in file) return { ok: false, fault: file };
  const complain = complainer(file);

  const paths: { stateDirectory: string; witness?: string } = { stateDirectory: defaultStateDirectory(env) };
  for (const key of ["stateDirectory", "witness"] as const) {
    const written = file?.document[key];
    if (written !== undefined && file?.origin === "directory") {
      return complain(`"${key}" is not taken from a file that was only found here: name the file with --config`, [key]);
    }
    const text = flags[key] ?? written;
    if (text === undefined) continue;
    const at = flags[key] === undefined ? [key] : undefined;
    const base = at === undefined || file === undefined ? cwd : dirname(file.path);
    const path = text === "" ? undefined : expandPath(text, base, env);
    if (path === undefined) return complain(text === "" ? `the ${key} is empty: name a path` : notExpanded(text), at);
    paths[key] = path;
  }
  const { stateDirectory, witness } = paths;
  if (witness !== undefined && isWithin(realPathOfExisting(stateDirectory), realPathOfExisting(witness))) {
    const at = flags.witness === undefined ? ["witness"] : undefined;
    return complain("the witness lies in the state directory and would be lost with it: put it elsewhere", at);
  }
  return { ok: true, ...paths, file };
}

/** Says what is wrong: with the file's line for what the file says, by itself for what the command line says. */
export function complainer(
  file: ConfigFile | undefined,
): (message: string, at?: readonly (string | number)[]) => Promise<{ readonly ok: false; readonly fault: Fault }> {
  return async (message, at) =>
    file !== undefined && at !== undefined ? { ok: false, fault: await file.complain(at, message) } : refuse(message);
}

/** For a path that only a shell could expand. */
export const notExpanded = (text: string): string => `"${safeText(text, 80)}" is not expanded: write the path in full`;

const refuse = (message: string): { ok: false; fault: Fault } => ({
  ok: false,
  fault: fault("host", CONFIGURATION_INVALID, message),
});
