// find, as findutils has it, but for the order: names come sorted.
import { command, Failure } from "./command.ts";
import { expressionOf } from "./find/expression.ts";
import { Ended, Search } from "./find/search.ts";
import { walk } from "./find/walk.ts";

const HELP = `Usage: find [-H] [-L] [-P] [-Olevel] [-D debugopts] [path...] [expression]

Default path is the current directory; default expression is -print. Names come sorted.

Operators: ( EXPR )  ! EXPR  -not EXPR  EXPR [-a|-and] EXPR  EXPR -o|-or EXPR  EXPR , EXPR
Options:   -maxdepth N  -mindepth N  -depth  -daystart  -xdev  -regextype TYPE
Tests (N is N, +N or -N): -name PATTERN  -iname PATTERN  -path PATTERN  -ipath PATTERN  -lname PATTERN  -regex PATTERN
           -iregex PATTERN  -type [fdl...]  -xtype [fdl...]  -empty  -size N[bcwkMG]  -perm [-/]MODE  -links N  -inum N
           -samefile FILE  -newer FILE  -newerXY REFERENCE  -anewer FILE  -cnewer FILE  -mtime N  -mmin N  -atime N
           -amin N  -ctime N  -cmin N  -used N  -readable  -writable  -executable  -user NAME  -group NAME  -true  -false
Actions:   -print  -print0  -printf FORMAT  -fprint FILE  -fprint0 FILE  -fprintf FILE FORMAT  -ls  -fls FILE  -delete
           -prune  -quit  -exec COMMAND ;  -exec COMMAND {} +  -execdir COMMAND ;  -execdir COMMAND {} +  -ok COMMAND ;
`;

/** Whether a word begins the expression; `)` and `,` are names where no expression has begun. */
const begins = (word: string): boolean => (word.startsWith("-") && word !== "-") || word === "(" || word === "!";

export const find = command(
  "find",
  { flags: "", values: "", strict: true, help: HELP },
  async ({ operands, context }) => {
    const search = new Search(context);
    let at = 0;
    for (; at < operands.length; at++) {
      const word = operands[at] as string;
      if (word === "-P") search.follow = "never";
      else if (word === "-L") search.follow = "always";
      else if (word === "-H") search.follow = "starts";
      else if (word === "-D" && at + 1 < operands.length) at++;
      else if (!/^-O\d+$/.test(word)) break;
    }
    if (operands[at] === "--") at++;
    const from = at;
    while (at < operands.length && !begins(operands[at] as string)) at++;
    search.starts = operands.slice(from, at);
    const words = operands.slice(at);
    if (words.includes("-help") || words.includes("--help")) return { stdout: HELP };
    if (words.includes("-version") || words.includes("--version")) return { stdout: "find (GNU findutils) 4.9.0\n" };
    try {
      const test = await expressionOf(words, search);
      if (search.starts.length === 0 && !search.listsStarts) search.starts = ["."];
      await walk(search, test).catch((error) => {
        if (!(error instanceof Ended)) throw error;
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { stdout: search.stdout, stderr: `${search.stderr}find: ${error.message}\n`, exitCode: error.exitCode };
    }
    for (const work of search.atEnd) await work();
    return { stdout: search.stdout, stderr: search.stderr, exitCode: search.exitCode };
  },
  (words) => ["--", ...words],
);
