// Options of find that stand in its expression: they hold for all of it, and are true.

import { textOf } from "../bytes.ts";
import { Failure } from "../command.ts";
import { REGEX_TYPES } from "./regex-types.ts";
import type { Primary, Search } from "./search.ts";

const DAY_MS = 86_400_000;

const setting =
  (set: (search: Search) => void): Primary =>
  (_words, search) => {
    set(search);
    return () => true;
  };

const depth =
  (set: (search: Search, levels: number) => void): Primary =>
  (words, search) => {
    const levels = words.next();
    if (!/^\d+$/.test(levels))
      throw new Failure(`Expected a positive decimal integer argument to ${words.name}, but got ‘${levels}’`);
    set(search, Number(levels));
    return () => true;
  };

const depthFirst = setting((search) => {
  search.depthFirst = true;
  search.askedDepth = true;
});
const oneDevice = setting((search) => {
  search.oneDevice = true;
});
const nothing = setting(() => {});

export const OPTIONS: Readonly<Record<string, Primary>> = {
  "-depth": depthFirst,
  "-d": depthFirst,
  "-xdev": oneDevice,
  "-mount": oneDevice,
  "-noleaf": nothing,
  "-ignore_readdir_race": nothing,
  "-noignore_readdir_race": nothing,
  "-warn": nothing,
  "-nowarn": nothing,
  "-follow": setting((search) => {
    search.follow = "always";
  }),
  "-daystart": setting((search) => {
    search.now = (Math.floor(search.now / DAY_MS) + 1) * DAY_MS;
  }),
  "-maxdepth": depth((search, levels) => {
    search.most = levels;
  }),
  "-mindepth": depth((search, levels) => {
    search.least = levels;
  }),
  "-regextype": (words, search) => {
    const type = words.next();
    if (!REGEX_TYPES.has(type)) {
      const names = [...REGEX_TYPES.keys()].map((name) => `‘${name}’`).join(", ");
      throw new Failure(`Unknown regular expression type ‘${type}’; valid types are ${names}.`);
    }
    search.regexType = type;
    return () => true;
  },
  "-files0-from": async (words, search) => {
    const name = words.next();
    if (search.starts.length > 0)
      throw new Failure(
        `extra operand ‘${search.starts[0]}’\nfind: file operands cannot be combined with -files0-from`,
      );
    const { fs, cwd, stdin } = search.context;
    const list =
      name === "-"
        ? (textOf(stdin as unknown as string) ?? "")
        : await fs.readFile(fs.resolvePath(cwd, name)).catch(() => {
            throw new Failure(`cannot open ‘${name}’ for reading: No such file or directory`);
          });
    search.starts = list.split("\0").filter((start) => start !== "");
    search.listsStarts = true;
    return () => true;
  },
};
