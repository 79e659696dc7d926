import { type Fault, fault } from "../contract/fault.ts";

/** The names of modules and host calls: no path, no device, no option of a command looks like one. */
export const DOTTED_NAME = /^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/;
export const NAME_LENGTH = 64;

/** Why a module cannot have this name. */
export function nameRefused(name: unknown): Fault | undefined {
  if (typeof name === "string" && name.length <= NAME_LENGTH && DOTTED_NAME.test(name)) return undefined;
  const shown = JSON.stringify(String(name).slice(0, NAME_LENGTH)).replace(/[^\x20-\x7e]/g, "?");
  const message = `${shown} is no name of a module: use small letters, digits, _, - and single dots, at most ${NAME_LENGTH}`;
  return fault("store", "module-refused", message, { limit: NAME_LENGTH });
}
