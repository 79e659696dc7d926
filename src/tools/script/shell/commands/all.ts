import type { Command } from "just-bash/browser";
import { date, sed, tr } from "./around.ts";
import { bc } from "./bc.ts";
import { cmp, diff } from "./compare.ts";
import { od, xxd } from "./dump.ts";
import { head, paste, shuf, uniq } from "./lines.ts";
import { ls } from "./listing.ts";
import { awk, grep } from "./searching.ts";
import { sort } from "./sort.ts";
import { stat } from "./stat.ts";
import { env, kill, mktemp, nproc, realpath, trap, truncate, uname, yes } from "./system.ts";
import { xargs } from "./xargs.ts";

/** What the shell has beside the commands of `just-bash`, and in the place of those that do less than their manuals say. */
export const COMMANDS: Command[] = [
  ...[awk, bc, cmp, date, diff, env, grep, head, kill, ls, mktemp, nproc, od, paste, realpath, sed, shuf, sort],
  ...[stat, tr, trap, truncate, uname, uniq, xargs, xxd, yes],
];
