// The words of a tar command: what is to be done, options, and the names in their order with the folders they are in.
import { Failure } from "../command.ts";

/** A name, a folder that the names behind it are in, or a file that has names. */
export type Item = { readonly kind: "name" | "folder" | "list"; readonly text: string };

export interface Words {
  /** One of `A c d r t u x` and `delete`. */
  readonly mode: string;
  readonly flags: ReadonlySet<string>;
  readonly verbose: number;
  readonly values: ReadonlyMap<string, string>;
  readonly excluded: readonly string[];
  readonly excludedFrom: readonly string[];
  /** Patterns of `--exclude` that stand behind a name. */
  readonly late: readonly string[];
  readonly items: readonly Item[];
}

const MODES: Readonly<Record<string, string>> = {
  ...{ catenate: "A", concatenate: "A", create: "c", diff: "d", compare: "d", append: "r", list: "t", update: "u" },
  ...{ extract: "x", get: "x", delete: "delete" },
};
/** Letters without a value, and what they are called by. */
const FLAGS: Readonly<Record<string, string>> = {
  ...{ z: "gzip", gzip: "gzip", gunzip: "gzip", ungzip: "gzip", a: "auto", "auto-compress": "auto", O: "to-stdout" },
  ...{ "to-stdout": "to-stdout", k: "keep", "keep-old-files": "keep", "skip-old-files": "skip", overwrite: "" },
  ...{ "keep-newer-files": "newer", U: "", "unlink-first": "", P: "absolute", "absolute-names": "absolute" },
  ...{ h: "follow", dereference: "follow", "hard-dereference": "hard", m: "touch", touch: "touch", null: "null" },
  ...{ "no-recursion": "flat", wildcards: "wildcards", "no-wildcards": "", "exclude-vcs": "vcs" },
  ...{ "remove-files": "remove", "numeric-owner": "numeric", "full-time": "full-time", p: "modes" },
  ...{ "preserve-permissions": "modes", "same-permissions": "modes", "no-same-permissions": "", "same-owner": "" },
  ...{ "no-same-owner": "", o: "", s: "", "preserve-order": "", S: "", sparse: "", B: "", "read-full-records": "" },
  ...{
    "no-overwrite-dir": "",
    "no-auto-compress": "",
    utc: "",
    "force-local": "",
    anchored: "",
    "one-file-system": "",
  },
  ...{ "no-anchored": "anywhere", "wildcards-match-slash": "", "show-transformed-names": "shown", "no-xattrs": "" },
  ...{ "show-stored-names": "shown", "no-acls": "", "no-selinux": "", "no-check-device": "", "one-top-level": "top" },
};
const VALUES: Readonly<Record<string, string>> = {
  ...{ f: "file", file: "file", C: "folder", directory: "folder", T: "list", "files-from": "list", X: "excluded-from" },
  ...{ "exclude-from": "excluded-from", exclude: "excluded", "strip-components": "strip", mtime: "mtime" },
  ...{ owner: "owner", group: "group", mode: "mode", sort: "sort", b: "", "blocking-factor": "", H: "format" },
  ...{ format: "format", I: "program", "use-compress-program": "program", warning: "" },
};
const UNPACKERS: Readonly<Record<string, string>> = {
  ...{ j: "bzip2", bzip2: "bzip2", J: "xz", xz: "xz", Z: "compress", compress: "compress", zstd: "zstd" },
  ...{ lzma: "lzma", lzip: "lzip", lzop: "lzop" },
};
/** Options whose value stands behind `=` or is none. */
const OPTIONAL = new Set(["one-top-level"]);
export const USAGE = "Try 'tar --help' or 'tar --usage' for more information.";

export function noProgram(program: string): Failure {
  return new Failure(`${program} is not here: of compressed archives those of gzip can be read and written (-z)`, 2);
}

function usage(message: string): Failure {
  return new Failure(`${message}\n${USAGE}`, 64);
}

/** Sorts the words; throws a {@link Failure} in GNU tar's words where they mean nothing. */
export function wordsOf(words: readonly string[]): Words {
  const rest = [...words];
  const modes = new Set<string>();
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const [excluded, excludedFrom, late]: [string[], string[], string[]] = [[], [], []];
  const items: Item[] = [];
  let verbose = 0;
  const value = (key: string, text: string): void => {
    if (key === "folder" || key === "list") items.push({ kind: key, text });
    else if (key === "excluded") (items.some(({ kind }) => kind === "name") ? late : excluded).push(text);
    else if (key === "excluded-from") excludedFrom.push(text);
    else values.set(key, text);
  };
  const flag = (name: string): boolean => {
    if (name === "v" || name === "verbose") verbose++;
    else if (UNPACKERS[name] !== undefined) throw noProgram(UNPACKERS[name]);
    else if (FLAGS[name] !== undefined) flags.add(FLAGS[name]);
    else if (name.length === 1 && "Acdrtux".includes(name)) modes.add(name);
    else if (name.length > 1 && MODES[name] !== undefined) modes.add(MODES[name]);
    else return false;
    return true;
  };
  const missing = (what: string): Failure => usage(`option requires an argument -- '${what}'`);
  // `tar czf x.tgz folder`: letters first, then their values in order
  if (rest[0] !== undefined && /^[A-Za-z]/.test(rest[0])) {
    for (const letter of rest.shift() as string) {
      const key = VALUES[letter];
      if (key !== undefined) {
        const text = rest.shift();
        if (text === undefined) throw new Failure(`Old option '${letter}' requires an argument.\n${USAGE}`, 2);
        value(key, text);
      } else if (!flag(letter)) throw usage(`invalid option -- '${letter}'`);
    }
  }
  while (rest.length > 0) {
    const word = rest.shift() as string;
    if (word === "--") items.push(...rest.splice(0).map((text) => ({ kind: "name", text }) as const));
    else if (word.startsWith("--")) {
      const [given = "", text] = word.slice(2).split(/=(.*)/s);
      const name = longNameOf(given);
      const key = VALUES[name];
      if (key !== undefined && name.length > 1) {
        const next = text ?? rest.shift();
        if (next === undefined) throw usage(`option '--${name}' requires an argument`);
        value(key, next);
      } else if (text !== undefined && OPTIONAL.has(name)) {
        flag(name);
        values.set(name, text);
      } else if (name.length < 2 || text !== undefined || !flag(name)) throw usage(`unrecognized option '${word}'`);
    } else if (word.startsWith("-") && word !== "-") {
      for (let at = 1; at < word.length; at++) {
        const letter = word[at] as string;
        const key = VALUES[letter];
        if (key !== undefined) {
          const text = at + 1 < word.length ? word.slice(at + 1) : rest.shift();
          if (text === undefined) throw missing(letter);
          value(key, text);
          break;
        }
        if (!flag(letter)) throw usage(`invalid option -- '${letter}'`);
      }
    } else items.push({ kind: "name", text: word });
  }
  if (modes.size > 1)
    throw new Failure(
      `You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option\n${USAGE}`,
      2,
    );
  const [mode] = modes;
  if (mode === undefined)
    throw new Failure(`You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\n${USAGE}`, 2);
  return { mode, flags, verbose, values, excluded, excludedFrom, late, items };
}

/** A long option's name where only its beginning was given. */
function longNameOf(given: string): string {
  const names = [FLAGS, VALUES, MODES, UNPACKERS]
    .flatMap((table) => Object.keys(table))
    .filter((name) => name.length > 1);
  names.push("verbose");
  if (names.includes(given)) return given;
  const meant = names.filter((name) => name.startsWith(given));
  return meant.length === 1 ? (meant[0] as string) : given;
}
