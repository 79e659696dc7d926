import { existsSync } from "node:fs";
import { join } from "node:path";
import { openStateDirectory } from "../host/state-directory.ts";
import { resolveStateLocation } from "../host/state-location.ts";
import { type CommandContext, EXIT, type ExitCode, type OptionSpecs } from "./command.ts";
import { complain, note } from "./output.ts";
import { SETTINGS_OPTIONS } from "./settings-options.ts";

/** LMDB's file, by whose presence a chain exists. */
const STATE_FILE = "state.mdb";

/** Options of the commands that read the chain. */
export const CHAIN_OPTIONS: OptionSpecs = {
  config: SETTINGS_OPTIONS.config!,
  "state-dir": SETTINGS_OPTIONS["state-dir"]!,
  witness: SETTINGS_OPTIONS.witness!,
};

/** Where the chain is. */
export interface ChainLocation {
  readonly directory: string;
  readonly witness: string | undefined;
}

/**
 * Finds the chain without opening a host: neither policy nor tools have to be in order to read it. Answers an exit
 * code, having said why, where there is none.
 */
export async function locateChain({ args, ambient }: CommandContext): Promise<ChainLocation | ExitCode> {
  const config = args.value("config");
  const stateDirectory = args.value("state-dir");
  const witness = args.value("witness");
  const located = await resolveStateLocation(
    {
      ...(config !== undefined && { config }),
      ...(stateDirectory !== undefined && { stateDirectory }),
      ...(witness !== undefined && { witness }),
    },
    ambient,
  );
  if (!located.ok) return complain(ambient, located.fault);
  if (!existsSync(located.stateDirectory)) return none(ambient, located.stateDirectory);
  const state = openStateDirectory(located.stateDirectory);
  if (!state.ok) return complain(ambient, state.fault);
  // A witness that speaks of a chain which is gone is for verify to judge.
  if (!existsSync(join(state.directory, STATE_FILE)) && located.witness === undefined) {
    return none(ambient, located.stateDirectory);
  }
  return { directory: state.directory, witness: located.witness };
}

function none(ambient: CommandContext["ambient"], directory: string): ExitCode {
  note(ambient, `tollgate: there is no chain in ${directory}: it begins with the first tollgate serve or call`);
  return EXIT.no;
}
