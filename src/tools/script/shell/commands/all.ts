import type { Command } from "just-bash/browser";
import { date, sed, tr } from "./around.ts";
import { bc } from "./bc.ts";
import { cmp, diff } from "./compare.ts";
import { cp } from "./cp.ts";
import { od, xxd } from "./dump.ts";
import { head, paste, shuf, uniq } from "./lines.ts";
import { ls } from "./listing.ts";
import { ln, mkdir } from "./making.ts";
import { mv } from "./mv.ts";
import { rm, rmdir } from "./removing.ts";
import { awk, grep } from "./searching.ts";
import { sort } from "./sort.ts";
import { stat } from "./stat.ts";
import { env, kill, mktemp, nproc, realpath, trap, truncate, uname, yes } from "./system.ts";
import { xargs } from "./xargs.ts";

/** What the shell has beside the commands of `just-bash`, and in the place of those that do less than their manuals say. */
export const COMMANDS: Command[] = [
  ...[
    awk,
    bc,
    cmp,
    cp,
    date,
    diff,
    env,
    grep,
    head,
    kill,
    ln,
    ls,
    mkdir,
    mktemp,
    mv,
    nproc,
    od,
    paste,
    realpath,
    rm,
    rmdir,
    sed,
    shuf,
    sort,
  ],
  ...[stat, tr, trap, truncate, uname, uniq, xargs, xxd, yes],
];
