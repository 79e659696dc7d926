import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { Ambient } from "./settings.ts";

/** The home directory: `HOME`, or what the user database says where it is unset or relative. */
export function homeDirectory(env: Ambient["env"]): string {
  return env.HOME !== undefined && isAbsolute(env.HOME) ? resolve(env.HOME) : homedir();
}

/**
 * The base directory that an XDG variable names, or its default below the home directory. A relative value counts as
 * unset (XDG Base Directory Specification 0.8, "Basics").
 */
export function xdgDirectory(env: Ambient["env"], variable: "XDG_CONFIG_HOME" | "XDG_STATE_HOME"): string {
  const value = env[variable];
  if (value !== undefined && isAbsolute(value)) return resolve(value);
  return join(homeDirectory(env), variable === "XDG_CONFIG_HOME" ? ".config" : ".local/state");
}

/**
 * An absolute path for a path that a person wrote: `~` and `~/…` stand for the home directory, anything else that is
 * relative is taken from `base`. Answers `undefined` for `~name`, which only a shell can look up.
 */
export function expandPath(text: string, base: string, env: Ambient["env"]): string | undefined {
  if (text === "~" || text.startsWith("~/")) return resolve(homeDirectory(env), text.slice(2));
  if (text.startsWith("~")) return undefined;
  return resolve(base, text);
}
