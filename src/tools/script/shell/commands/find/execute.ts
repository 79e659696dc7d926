// Actions of find that run a command for a file, or for many at once.
import { Failure } from "../command.ts";
import { run } from "../running.ts";
import type { Found } from "./found.ts";
import type { Primary, Search } from "./search.ts";

/** Files and characters that one command is given at most, where it takes many. */
const MOST_FILES = 5000;
const MOST_CHARACTERS = 128 * 1024;

async function execute(search: Search, words: readonly string[], cwd: string): Promise<boolean> {
  const [name = "", ...rest] = words;
  const done = await run(search.context, name, rest, { cwd });
  search.printBytes(done.stdout);
  search.stderr += done.unknown ? `find: ‘${name}’: No such file or directory\n` : done.stderr;
  return done.exitCode === 0;
}

/** Where a file's folder is, and what the file is called there. */
function seat({ at }: Found): { folder: string; name: string } {
  const cut = at.lastIndexOf("/");
  return { folder: cut <= 0 ? "/" : at.slice(0, cut), name: `./${at.slice(cut + 1)}` };
}

/** A line of standard input that says yes. */
function agreed(search: Search, words: readonly string[], path: string): boolean {
  search.stderr += `< ${words[0]} ... ${path} > ? `;
  const [line = ""] = search.answers.split("\n", 1);
  search.answers = search.answers.slice(line.length + 1);
  return /^[yY]/.test(line);
}

function many(search: Search, words: readonly string[], inFolder: boolean): ReturnType<Primary> {
  const fixed = words.slice(0, -1);
  let [folder, waiting, characters] = ["", [] as string[], 0];
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const batch = waiting;
    [waiting, characters] = [[], 0];
    if (!(await execute(search, [...fixed, ...batch], inFolder ? folder : search.context.cwd))) search.exitCode = 1;
  };
  search.atEnd.push(flush);
  const add = (name: string): boolean => {
    waiting.push(name);
    characters += name.length + 1;
    return true;
  };
  return (file) => {
    const place = inFolder ? seat(file) : undefined;
    const moved = place !== undefined && place.folder !== folder;
    const name = place === undefined ? file.path : place.name;
    const next = (): boolean => {
      if (place !== undefined) folder = place.folder;
      return add(name);
    };
    if (moved || waiting.length >= MOST_FILES || characters >= MOST_CHARACTERS) return flush().then(next);
    return next();
  };
}

const running =
  (inFolder: boolean, asks: boolean): Primary =>
  (arguments_, search) => {
    search.acts = true;
    const { words, end } = arguments_.command();
    if (end === "+") {
      const odd = words.slice(0, -1).find((word) => word.includes("{}"));
      if (odd !== undefined) throw new Failure(`Only one instance of {} is supported with ${arguments_.name} ... +`);
      return many(search, words, inFolder);
    }
    return (file) => {
      const { folder, name } = inFolder ? seat(file) : { folder: search.context.cwd, name: file.path };
      if (asks && !agreed(search, words, file.path)) return false;
      return execute(
        search,
        words.map((word) => word.replaceAll("{}", () => name)),
        folder,
      );
    };
  };

export const EXECUTIONS: Readonly<Record<string, Primary>> = {
  "-exec": running(false, false),
  "-execdir": running(true, false),
  "-ok": running(false, true),
  "-okdir": running(true, true),
};
