import type { Command } from "just-bash/browser";
import { date, ls, sed, tr } from "./around.ts";
import { cmp, diff } from "./compare.ts";
import { od, xxd } from "./dump.ts";
import { head, paste, shuf, uniq } from "./lines.ts";
import { sort } from "./sort.ts";
import { env, kill, mktemp, nproc, realpath, trap, truncate, uname, yes } from "./system.ts";
import { xargs } from "./xargs.ts";

/** What the shell has beside the commands of `just-bash`, and in the place of those that do less than their manuals say. */
export const COMMANDS: Command[] = [
  ...[cmp, date, diff, env, head, kill, ls, mktemp, nproc, od, paste, realpath, sed, shuf, sort],
  ...[tr, trap, truncate, uname, uniq, xargs, xxd, yes],
];
