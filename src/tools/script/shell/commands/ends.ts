// head and tail.

import { bytesOf } from "./bytes.ts";
import { command, Failure, type Given, piecesOf } from "./command.ts";
import { isFolder } from "./file-facts.ts";
import { factorOf } from "./sizes.ts";

/** What `-n` or `-c` say. */
interface Amount {
  readonly count: number;
  /** `+`, `-` or nothing. */
  readonly sign: string;
  readonly bytes: boolean;
}

function amountOf({ values, sequence }: Given): Amount {
  const letter = sequence.findLast(([name]) => name === "n" || name === "c")?.[0] ?? "n";
  const text = values.get(letter) ?? "10";
  const what = letter === "c" ? "bytes" : "lines";
  const [, sign = "", digits, unit = ""] = /^([+-]?)(\d+)([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = digits === undefined ? undefined : factorOf(unit);
  if (factor === undefined) throw new Failure(`invalid number of ${what}: '${text.replace(/^[+-](?=.)/, "")}'`);
  return { count: Number(digits) * factor, sign, bytes: letter === "c" };
}

const LONG = {
  ...{ lines: "n", bytes: "c", quiet: "q", silent: "q", verbose: "v", "zero-terminated": "z" },
};

/** Each operand's part, with titles where there are several. */
async function shownParts(given: Given, part: (text: string, amount: Amount, end: string) => string) {
  const { flags, name: command, context, path } = given;
  const amount = amountOf(given);
  const end = flags.has("z") ? "\0" : "\n";
  let stderr = "";
  const refused = new Map<string, string>();
  const pieces = await piecesOf(given, (operand, reason) => refused.set(operand, reason));
  const loudness = given.sequence.findLast(([name]) => name === "q" || name === "v")?.[0];
  const titled = loudness === "v" || (pieces.length > 1 && loudness !== "q");
  let stdout = "";
  for (const { name, text } of pieces) {
    const title = titled
      ? `${stdout === "" ? "" : "\n"}==> ${name === "-" ? "standard input" : bytesOf(name)} <==\n`
      : "";
    if (text !== undefined) {
      stdout += title + part(text, amount, end);
      continue;
    }
    const folder = await isFolder(context.fs, path(name));
    if (folder) stdout += title;
    stderr += `${command}: ${folder ? `error reading '${name}'` : `cannot open '${name}' for reading`}: ${refused.get(name)}\n`;
  }
  return { stdout, stderr, exitCode: stderr === "" ? 0 : 1 };
}

/** Where the first lines of a text end; at its end where it has fewer. */
function afterLines(text: string, count: number, end: string): number {
  let at = 0;
  for (let i = 0; i < count && at < text.length; i++) {
    const next = text.indexOf(end, at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return at;
}

/** Where the last lines of a text begin. */
function beforeLines(text: string, count: number, end: string): number {
  if (count === 0) return text.length;
  let at = text.endsWith(end) ? text.length - 1 : text.length;
  for (let i = 0; i < count; i++) {
    if (at === 0) return 0;
    const before = text.lastIndexOf(end, at - 1);
    if (before < 0) return 0;
    at = before;
  }
  return at + 1;
}

/** `-5`, `-5c`, `-1q`: the old form, as first word. */
const OLD = /^-(\d+)([bkmcl]?)([cqvzl]*)$/;

export const head = command(
  "head",
  { flags: "qvz", values: "nc", long: LONG },
  (given) =>
    shownParts(given, (text, { count, sign, bytes }, end) => {
      if (bytes) return sign === "-" ? text.slice(0, Math.max(0, text.length - count)) : text.slice(0, count);
      return text.slice(0, sign === "-" ? beforeLines(text, count, end) : afterLines(text, count, end));
    }),
  ([first = "", ...rest]) => {
    const [, digits, unit = "", flags = ""] = OLD.exec(first) ?? [];
    if (digits === undefined) return first === "" && rest.length === 0 ? [] : [first, ...rest];
    const factor = "bkm".includes(unit) ? unit : "";
    const letter = factor !== "" || unit === "c" || flags.includes("c") ? "c" : "n";
    return [
      `-${letter}`,
      digits + factor,
      ...[...flags].filter((flag) => "qvz".includes(flag)).map((flag) => `-${flag}`),
      ...rest,
    ];
  },
);

const FOLLOWS = "cannot follow a file: nothing else writes while a command runs here: read it again in a later call";

export const tail = command(
  "tail",
  {
    flags: "qvzFr",
    values: "ncsp",
    optional: "f",
    long: { ...LONG, follow: "f", "sleep-interval": "s", pid: "p", retry: "r" },
  },
  (given) => {
    if (given.flags.has("f") || given.flags.has("F") || given.values.has("f")) throw new Failure(FOLLOWS);
    return shownParts(given, (text, { count, sign, bytes }, end) => {
      const skipped = Math.max(0, count - 1);
      if (bytes) return sign === "+" ? text.slice(skipped) : count === 0 ? "" : text.slice(-count);
      return text.slice(sign === "+" ? afterLines(text, skipped, end) : beforeLines(text, count, end));
    });
  },
  ([first = "", ...rest]) => {
    const [, sign = "", digits = "", unit = "", follow = "", quiet = ""] =
      /^([+-])(\d+)([bcl]?)(f?)([qvz]*)$/.exec(first) ?? [];
    if (digits === "" || (sign === "+" && rest.length > 1))
      return first === "" && rest.length === 0 ? [] : [first, ...rest];
    const amount = [
      unit === "c" || unit === "b" ? "-c" : "-n",
      `${sign === "+" ? "+" : ""}${digits}${unit === "b" ? "b" : ""}`,
    ];
    return [...amount, ...(follow === "" ? [] : ["-f"]), ...[...quiet].map((flag) => `-${flag}`), ...rest];
  },
);
