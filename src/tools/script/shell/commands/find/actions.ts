// Actions of find that write, remove and steer.
import { Failure, reasonOf } from "../command.ts";
import { EXECUTIONS } from "./execute.ts";
import { listed } from "./listed.ts";
import { formatOf } from "./printf.ts";
import { Ended, type Primary, type Search } from "./search.ts";

type Write = (text: string) => void;

/** What an action writes to: with a file's name before its other words, or not. */
const writing =
  (
    toFile: boolean,
    make: (write: Write, words: Parameters<Primary>[0], search: Search) => ReturnType<Primary>,
  ): Primary =>
  async (words, search) => {
    search.acts = true;
    if (!toFile) return make((text) => search.print(text), words, search);
    const operand = words.next();
    const write = await search.writer(operand).catch((error) => {
      throw new Failure(`‘${operand}’: ${reasonOf(error)}`);
    });
    return make(write, words, search);
  };

const print = (end: string, toFile: boolean): Primary =>
  writing(toFile, (write) => ({ path }) => {
    write(path + end);
    return true;
  });

const printf = (toFile: boolean): Primary =>
  writing(toFile, (write, words, search) => {
    const shown = formatOf(words.next(), search);
    return async (file) => {
      try {
        write(await shown(file));
      } catch (error) {
        if (error instanceof Failure) throw error;
        search.refuse(file.path, error);
      }
      return true;
    };
  });

const ls = (toFile: boolean): Primary =>
  writing(toFile, (write, _words, search) => async (file) => {
    try {
      write(await listed(file, search));
    } catch (error) {
      search.refuse(file.path, error);
    }
    return true;
  });

export const ACTIONS: Readonly<Record<string, Primary>> = {
  "-print": print("\n", false),
  "-print0": print("\0", false),
  "-printf": printf(false),
  "-ls": ls(false),
  "-fprint": print("\n", true),
  "-fprint0": print("\0", true),
  "-fprintf": printf(true),
  "-fls": ls(true),
  ...EXECUTIONS,
  "-prune": (_words, search) => {
    search.prunes = true;
    return () => {
      search.pruned = true;
      return true;
    };
  },
  "-quit": () => () => {
    throw new Ended();
  },
  "-delete": (_words, search) => {
    search.acts = true;
    search.depthFirst = true;
    search.deletes = true;
    const { fs } = search.context;
    return async (file) => {
      if (file.path === ".") return true;
      try {
        if (file.kind === "d" && (await fs.readdir(file.at)).length > 0) throw new Error("ENOTEMPTY");
        await fs.rm(file.at);
        return true;
      } catch (error) {
        search.complain(`cannot delete ‘${file.path}’: ${reasonOf(error)}`);
        return false;
      }
    };
  },
};
