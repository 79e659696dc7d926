import type { Command } from "just-bash/browser";
import { awk } from "./awk.ts";
import { bc } from "./bc.ts";
import { cat } from "./cat.ts";
import { chmod } from "./chmod.ts";
import { cmp, diff } from "./compare.ts";
import { cp } from "./cp.ts";
import { cut } from "./cut.ts";
import { date } from "./date.ts";
import { DIGESTS } from "./digests.ts";
import { du } from "./du.ts";
import { od, xxd } from "./dump.ts";
import { head, tail } from "./ends.ts";
import { expr } from "./expr.ts";
import { find } from "./find.ts";
import { egrep, fgrep, grep } from "./grep.ts";
import { install } from "./install.ts";
import { paste, shuf } from "./lines.ts";
import { ls } from "./ls.ts";
import { ln, mkdir } from "./making.ts";
import { mv } from "./mv.ts";
import { basename, dirname, readlink, realpath } from "./path-names.ts";
import { rm, rmdir } from "./removing.ts";
import { sed } from "./sed.ts";
import { seq } from "./seq.ts";
import { sort } from "./sort.ts";
import { stat } from "./stat.ts";
import { env, kill, nproc, trap, uname, yes } from "./system.ts";
import { tac } from "./tac.ts";
import { tar } from "./tar.ts";
import { touch } from "./touch.ts";
import { tr } from "./tr.ts";
import { tree } from "./tree.ts";
import { uniq } from "./uniq.ts";
import { wc } from "./wc.ts";
import { mktemp, tee, truncate } from "./writing.ts";
import { xargs } from "./xargs.ts";

/** What the shell has beside the commands of `just-bash`, and in the place of those that do less than their manuals say. */
export const COMMANDS: Command[] = [
  ...DIGESTS,
  awk,
  basename,
  bc,
  cat,
  chmod,
  cmp,
  cp,
  cut,
  date,
  diff,
  dirname,
  du,
  egrep,
  env,
  expr,
  fgrep,
  find,
  grep,
  head,
  install,
  kill,
  ln,
  ls,
  mkdir,
  mktemp,
  mv,
  nproc,
  od,
  paste,
  readlink,
  realpath,
  rm,
  rmdir,
  sed,
  seq,
  shuf,
  sort,
  stat,
  tac,
  tail,
  tar,
  tee,
  touch,
  tr,
  trap,
  tree,
  truncate,
  uname,
  uniq,
  wc,
  xargs,
  xxd,
  yes,
];
