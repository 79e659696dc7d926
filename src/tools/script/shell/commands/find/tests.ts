// Tests of find that ask for names, kinds, sizes and permissions.
import type { FsStat } from "just-bash/browser";
import { Failure, reasonOf } from "../command.ts";
import { linksOf, OWNER } from "../file-facts.ts";
import { globOf } from "../glob.ts";
import { modeChange } from "../modes.ts";
import { type Found, kindOf, type Test } from "./found.ts";
import { wholePath } from "./regex-types.ts";
import type { Arguments, Primary, Search } from "./search.ts";

const UNITS: Readonly<Record<string, number>> = { b: 512, c: 1, w: 2, k: 1024, M: 1048576, G: 1073741824 };
const TYPES = "bcdpflsD";

/** What `+n`, `-n` and `n` hold for; fails in the words of the option. */
export function comparison({ name }: Arguments, text: string, given = text): (value: number) => boolean {
  const [, sign, digits = ""] = /^([+-]?)(\d+)$/.exec(text) ?? [];
  if (digits === "") throw new Failure(`invalid argument \`${given}' to \`${name}'`);
  const bound = Number(digits);
  if (sign === "+") return (value) => value > bound;
  return sign === "-" ? (value) => value < bound : (value) => value === bound;
}

/** A test of a file's status: what cannot be asked holds for nothing, and is said. */
export function asked(search: Search, holds: (status: FsStat, file: Found) => boolean): Test {
  return async (file) => {
    try {
      return holds(await file.status(), file);
    } catch (error) {
      search.refuse(file.path, error);
      return false;
    }
  };
}

const named =
  (ignoreCase: boolean, what: "name" | "path"): Primary =>
  (words) => {
    const matches = globOf(words.next(), ignoreCase);
    if (what === "path") return ({ path }) => matches(path);
    return ({ name }) => matches(name.length > 1 && name.endsWith("/") ? name.replace(/(?!^)\/+$/, "") : name);
  };

const leading =
  (ignoreCase: boolean): Primary =>
  (words, { context }) => {
    const matches = globOf(words.next(), ignoreCase);
    return async ({ kind, at }) => kind === "l" && matches(await context.fs.readlink(at).catch(() => ""));
  };

const matching =
  (ignoreCase: boolean): Primary =>
  (words, search) => {
    const matches = wholePath(words.next(), search.regexType, ignoreCase);
    return ({ path }) => matches(path);
  };

function typesOf({ next, name }: Arguments): Set<string> {
  const list = next();
  const types = new Set<string>();
  for (let at = 0; at < list.length; at += 2) {
    const type = list[at] as string;
    if (!TYPES.includes(type)) throw new Failure(`Unknown argument to ${name}: ${type}`);
    if (types.has(type)) throw new Failure(`Duplicate file type '${type}' in the argument list to ${name}.`);
    types.add(type);
    if (at + 1 < list.length && list[at + 1] !== ",")
      throw new Failure(`Must separate multiple arguments to ${name} using: ','`);
  }
  if (list === "" || list.endsWith(","))
    throw new Failure(
      list === ""
        ? `Arguments to ${name} should contain at least one letter`
        : `Last file type in list argument to ${name} is missing, i.e., list is ending on: ','`,
    );
  return types;
}

const mayBe =
  (bits: number): Primary =>
  (_words, search) =>
    asked(search, ({ mode }) => (mode & bits) !== 0);

const owned =
  (known: string): Primary =>
  (words) => {
    const owner = words.next();
    if (/^\d+$/.test(owner)) return () => Number(owner) === OWNER.id;
    if (owner !== OWNER.name && owner !== "root") throw new Failure(`‘${owner}’ is not the name of ${known}`);
    return () => owner === OWNER.name;
  };

const ownedBy: Primary = (words) => {
  const holds = comparison(words, words.next());
  return () => holds(OWNER.id);
};

const constant =
  (value: boolean): Primary =>
  () =>
  () =>
    value;

export async function statusOf(search: Search, operand: string): Promise<FsStat> {
  const { fs, cwd } = search.context;
  const path = fs.resolvePath(cwd, operand);
  try {
    return search.follow === "never" ? await fs.lstat(path) : await fs.stat(path);
  } catch (error) {
    throw new Failure(`‘${operand}’: ${reasonOf(error)}`);
  }
}

const refused =
  (why: string): Primary =>
  () => {
    throw new Failure(why);
  };

export const TESTS: Readonly<Record<string, Primary>> = {
  "-true": constant(true),
  "-false": constant(false),
  "-nouser": constant(false),
  "-nogroup": constant(false),
  "-name": named(false, "name"),
  "-iname": named(true, "name"),
  "-path": named(false, "path"),
  "-wholename": named(false, "path"),
  "-ipath": named(true, "path"),
  "-iwholename": named(true, "path"),
  "-lname": leading(false),
  "-ilname": leading(true),
  "-regex": matching(false),
  "-iregex": matching(true),
  "-readable": mayBe(0o444),
  "-writable": mayBe(0o222),
  "-executable": mayBe(0o111),
  "-user": owned("a known user"),
  "-group": owned("an existing group"),
  "-uid": ownedBy,
  "-gid": ownedBy,
  "-fstype": refused("-fstype: the kinds of file systems are not known here: leave it out"),
  "-context": refused("invalid predicate -context: SELinux is not enabled."),
  "-type": (words) => {
    const types = typesOf(words);
    return ({ kind }) => types.has(kind);
  },
  "-xtype": (words, search) => {
    const types = typesOf(words);
    return async (file) => {
      if (search.follow === "always")
        return types.has(kindOf(await search.context.fs.lstat(file.at).catch(() => ({ ...NO_KIND }))));
      if (file.kind !== "l") return types.has(file.kind);
      return types.has(await search.context.fs.stat(file.at).then(kindOf, () => "l" as const));
    };
  },
  "-size": (words, search) => {
    const given = words.next();
    const [, text = "", unit = "b"] = /^([+-]?\d+)([bcwkMG])?$/.exec(given) ?? [];
    if (text === "") {
      if (/^[+-]?\d+.$/u.test(given) || /^[^\d+-]$/u.test(given))
        throw new Failure(`invalid -size type \`${given.at(-1)}'`);
      throw new Failure(`Invalid argument \`${given}' to -size`);
    }
    const holds = comparison(words, text);
    const bytes = UNITS[unit] as number;
    return asked(search, ({ size }) => holds(Math.ceil(size / bytes)));
  },
  "-empty": (_words, search) => {
    const { fs } = search.context;
    const isEmpty = asked(search, ({ size }) => size === 0);
    return async (file) => {
      if (file.kind === "f") return isEmpty(file);
      if (file.kind !== "d") return false;
      return fs.readdir(file.at).then(
        (names) => names.length === 0,
        (error) => {
          search.refuse(file.path, error);
          return false;
        },
      );
    };
  },
  "-perm": (words, search) => {
    const given = words.next();
    const how = /^[-/]/.exec(given)?.[0];
    const change = modeChange(how === undefined ? given : given.slice(1), 0);
    if (change === undefined) throw new Failure(`invalid mode ‘${given}’`);
    const [ofFile, ofFolder] = [change(0, false), change(0, true)];
    return asked(search, ({ mode, isDirectory }) => {
      const held = mode & 0o7777;
      const bits = isDirectory ? ofFolder : ofFile;
      if (how === "-") return (held & bits) === bits;
      return how === "/" ? bits === 0 || (held & bits) !== 0 : held === bits;
    });
  },
  "-links": (words, search) => {
    const holds = comparison(words, words.next());
    return asked(search, (status) => holds(linksOf(status)));
  },
  "-inum": (words, search) => {
    const holds = comparison(words, words.next());
    return asked(search, ({ ino }) => holds(Number(ino ?? 0)));
  },
  "-samefile": async (words, search) => {
    const operand = words.next();
    const { dev, ino } = await statusOf(search, operand);
    const path = search.context.fs.resolvePath(search.context.cwd, operand);
    return asked(search, (status, file) =>
      ino === undefined ? file.at === path : status.ino === ino && status.dev === dev,
    );
  },
};

const NO_KIND = { isFile: false, isDirectory: false, isSymbolicLink: false };
