import type { Command } from "just-bash/browser";
import { sed, tr } from "./around.ts";
import { bc } from "./bc.ts";
import { cat } from "./cat.ts";
import { cmp, diff } from "./compare.ts";
import { cp } from "./cp.ts";
import { cut } from "./cut.ts";
import { date } from "./date.ts";
import { od, xxd } from "./dump.ts";
import { head, tail } from "./ends.ts";
import { find } from "./find.ts";
import { paste, shuf, uniq } from "./lines.ts";
import { ls } from "./listing.ts";
import { ln, mkdir } from "./making.ts";
import { mv } from "./mv.ts";
import { rm, rmdir } from "./removing.ts";
import { awk, grep } from "./searching.ts";
import { sort } from "./sort.ts";
import { stat } from "./stat.ts";
import { env, kill, mktemp, nproc, realpath, trap, truncate, uname, yes } from "./system.ts";
import { touch } from "./touch.ts";
import { wc } from "./wc.ts";
import { xargs } from "./xargs.ts";

/** What the shell has beside the commands of `just-bash`, and in the place of those that do less than their manuals say. */
export const COMMANDS: Command[] = [
  awk,
  bc,
  cat,
  cmp,
  cp,
  cut,
  date,
  diff,
  env,
  find,
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
  stat,
  tail,
  touch,
  tr,
  trap,
  truncate,
  uname,
  uniq,
  wc,
  xargs,
  xxd,
  yes,
];
