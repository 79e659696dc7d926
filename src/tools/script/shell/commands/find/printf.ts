// The format of -printf.
import type { FsStat } from "just-bash/browser";
import { Failure } from "../command.ts";
import { ESCAPES } from "../escapes.ts";
import { BLOCK, blocksOf, linksOf, modeOf, OWNER, timeOf } from "../file-facts.ts";
import type { Found } from "./found.ts";
import type { Search } from "./search.ts";
import { isTimePart, timePart, wholeTime } from "./time-format.ts";

type Piece = string | ((file: Found) => string | number | Promise<string | number>);

const MOST_WIDTH = 4096;
const TOKEN = /\\(?:[0-7]{1,3}|[\s\S]?)|%([-+ 0#]*)(\d*)(?:\.(\d*))?([ACT][\s\S]?|[\s\S]?)|[^\\%]+/gu;
/** Directives that are numbers to C: zeros fill them. */
const NUMERIC = "dm";

/** Compiles a format; warns of what it does not know, and writes that as it stands. */
export function formatOf(format: string, search: Search): (file: Found) => Promise<string> {
  const pieces: Piece[] = [];
  for (const [token, flags = "", width = "", digits, what] of format.matchAll(TOKEN)) {
    if (token === "\\c") break;
    if (token.startsWith("\\")) pieces.push(escaped(token, search));
    else if (what === undefined) pieces.push(token);
    else pieces.push(directive(token, { flags, width, digits }, what, search));
  }
  if (pieces.every((piece) => typeof piece === "string")) {
    const whole = pieces.join("");
    return async () => whole;
  }
  return async (file) => {
    let text = "";
    for (const piece of pieces) {
      if (typeof piece === "string") text += piece;
      else {
        const part = piece(file);
        text += typeof part === "object" ? await part : part;
      }
    }
    return text;
  };
}

function escaped(token: string, search: Search): string {
  const what = token.slice(1);
  if (/^[0-7]/.test(what)) return String.fromCharCode(Number.parseInt(what, 8) & 0xff);
  const known = ESCAPES[what];
  if (known !== undefined) return known;
  search.stderr += `find: warning: unrecognized escape \`${token}'\n`;
  return token;
}

interface Field {
  readonly flags: string;
  readonly width: string;
  readonly digits: string | undefined;
}

function directive(token: string, field: Field, what: string, search: Search): Piece {
  if (what === "%") return token === "%%" ? "%" : token.slice(0, -1);
  if (what === "") throw new Failure("error: % at end of format string");
  if (Number(field.width) > MOST_WIDTH || Number(field.digits ?? 0) > MOST_WIDTH)
    throw new Failure(`${token}: a field has at most ${MOST_WIDTH} characters`);
  const value = shownBy(what, search, field.flags.includes("#"));
  if (value === undefined) {
    search.stderr += /^[ACT]$/.test(what)
      ? `find: warning: format directive \`%${what}' should be followed by another character\n`
      : `find: warning: unrecognized format directive \`%${what}'\n`;
    return token;
  }
  if (field.flags === "" && field.width === "" && field.digits === undefined) return value;
  const isNumber = NUMERIC.includes(what);
  return async (file) => laidOut(String(await value(file)), field, isNumber);
}

function laidOut(text: string, { flags, width, digits }: Field, isNumber: boolean): string {
  const least = Number(width);
  if (!isNumber) {
    const cut = digits === undefined ? text : text.slice(0, Number(digits));
    return flags.includes("-") ? cut.padEnd(least) : cut.padStart(least);
  }
  const long = text.padStart(Number(digits ?? 0), "0");
  if (flags.includes("-")) return long.padEnd(least);
  return long.padStart(least, flags.includes("0") && digits === undefined ? "0" : " ");
}

/** What a directive shows of a file; undefined for one that is none. */
function shownBy(what: string, search: Search, hash: boolean): Exclude<Piece, string> | undefined {
  const letter = what[0] as string;
  if (letter === "A" || letter === "C" || letter === "T") {
    const part = what.slice(1);
    if (part === "") return undefined;
    const which = letter === "A" ? "a" : letter === "C" ? "c" : "m";
    return async (file) => (isTimePart(part) ? timePart(part, timeOf(await file.status(), which)) : `%${part}`);
  }
  if (letter === "F" || letter === "Z")
    throw new Failure(
      `%${letter}: ${letter === "F" ? "kinds of file systems" : "security contexts"} are not known here`,
    );
  const known = NAMES[letter];
  if (known !== undefined) return known;
  if (letter === "Y") return (file) => followedKind(file, search);
  if (letter === "l") return (file) => (file.kind === "l" ? search.context.fs.readlink(file.at).catch(() => "") : "");
  const shown = STATUS[letter];
  if (shown === undefined) return undefined;
  return async (file) => shown((await file.status()) as FsStat, hash);
}

const NAMES: Readonly<Record<string, (file: Found) => string | number>> = {
  p: ({ path }) => path,
  f: ({ name }) => name,
  P: ({ path, start, depth }) => (depth === 0 ? "" : path.slice(start.endsWith("/") ? start.length : start.length + 1)),
  H: ({ start }) => start,
  h: ({ path }) => {
    const cut = path.replace(/\/+$/, "").lastIndexOf("/");
    if (cut < 0) return path.startsWith("/") ? "" : ".";
    return path.slice(0, cut);
  },
  d: ({ depth }) => depth,
  y: ({ kind }) => (kind === "?" ? "U" : kind),
  u: () => OWNER.name,
  g: () => OWNER.name,
  U: () => OWNER.id,
  G: () => OWNER.id,
};

const STATUS: Readonly<Record<string, (status: FsStat, hash: boolean) => string | number>> = {
  s: ({ size }) => size,
  b: (status) => blocksOf(status) * (BLOCK / 512),
  k: (status) => blocksOf(status) * (BLOCK / 1024),
  m: ({ mode }, hash) => (hash && (mode & 0o7777) !== 0 ? "0" : "") + (mode & 0o7777).toString(8),
  M: (status) => modeOf(status),
  n: linksOf,
  i: ({ ino = 0 }) => String(ino),
  D: ({ dev = 0 }) => String(dev),
  S: (status) => (status.size === 0 ? "1" : shortest((blocksOf(status) * BLOCK) / status.size)),
  a: (status) => wholeTime(timeOf(status, "a")),
  c: (status) => wholeTime(timeOf(status, "c")),
  t: (status) => wholeTime(timeOf(status, "m")),
};

/** A number as %g of C writes it. */
function shortest(value: number): string {
  return String(Number(value.toPrecision(6)));
}

async function followedKind(file: Found, search: Search): Promise<string> {
  if (file.kind !== "l") return file.kind === "?" ? "U" : file.kind;
  try {
    const { isDirectory } = await search.context.fs.stat(file.at);
    return isDirectory ? "d" : "f";
  } catch (error) {
    const loops = error instanceof Error && error.message.includes("ELOOP");
    return loops ? "L" : "N";
  }
}
