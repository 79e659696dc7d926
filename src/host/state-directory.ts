import { lstatSync, mkdirSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Fault, fault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import { realPathOfExisting } from "./roots.ts";
import type { Ambient } from "./settings.ts";
import { xdgDirectory } from "./xdg.ts";

const GROUP_OR_OTHERS = 0o077;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;

/** `$XDG_STATE_HOME/tollgate`, by default `~/.local/state/tollgate`. */
export function defaultStateDirectory(env: Ambient["env"]): string {
  return join(xdgDirectory(env, "XDG_STATE_HOME"), "tollgate");
}

/**
 * Makes sure that only this user can reach the directory that holds the chain, its keys and approvals: it is made
 * with mode 0700 where it is missing (parents with the usual mode); one that is there must be a directory of this
 * user with no permission for group or others, in a parent where nobody else can swap it. Answers its real path.
 * Nothing that exists is changed: a mode that was loosened may have been used already, so a person has to look.
 */
export function openStateDirectory(path: string): { ok: true; directory: string } | { ok: false; fault: Fault } {
  const shown = safeText(path, 300);
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      try {
        mkdirSync(path, { mode: 0o700 });
      } catch (error) {
        // Another host on the same directory may have made it meanwhile; it is checked like any other.
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
    const directory = realPathOfExisting(path);
    const problem = whatIsWrong(statSync(directory), directory) ?? parentProblem(directory);
    return problem === undefined ? { ok: true, directory } : refuse(`state directory ${shown} ${problem}`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return refuse(`state directory ${shown} cannot be used: ${code}: give a directory of your own with --state-dir`);
  }
}

function whatIsWrong(stats: Stats, directory: string): string | undefined {
  if (!stats.isDirectory()) return "is not a directory: remove it, or give another with --state-dir";
  const user = process.geteuid?.();
  if (user === undefined) return undefined; // Windows has no modes; the profile directory is the user's own
  if (stats.uid !== user) return `belongs to user ${stats.uid}, not to ${user}: give another with --state-dir`;
  if ((stats.mode & GROUP_OR_OTHERS) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    return `can be reached by others (mode ${mode}): run chmod 700 '${safeText(directory, 300)}'`;
  }
  return undefined;
}

/**
 * Who can write to the parent can put another directory in this one's place, unless the parent is sticky. This
 * user's own group counts as this user: with private groups a home directory is often group-writable.
 */
function parentProblem(directory: string): string | undefined {
  if (process.geteuid === undefined) return undefined;
  const parent = dirname(directory);
  const { mode, uid, gid } = statSync(parent);
  const open = WRITABLE_BY_OTHERS | (gid === process.getegid?.() ? 0 : WRITABLE_BY_GROUP);
  const trusted = uid === process.geteuid() || uid === 0;
  if (trusted && ((mode & open) === 0 || (mode & STICKY) !== 0)) return undefined;
  return `lies in ${safeText(parent, 300)}, which others can write to: give another with --state-dir`;
}

function refuse(message: string): { ok: false; fault: Fault } {
  return { ok: false, fault: fault("host", STATE_UNUSABLE, message) };
}

/** The code of every fault of this file. */
export const STATE_UNUSABLE = "state-unusable";
