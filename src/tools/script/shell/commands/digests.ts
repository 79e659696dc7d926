// Digests of files and what checks them: md5sum, sha*sum, b2sum, cksum and sum, as coreutils 9.1 has them.
import { blake2b } from "@noble/hashes/blake2.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { Command } from "just-bash/browser";
import { bytesOf, nameOf, numbersOf } from "./bytes.ts";
import { command, type Done, Failure, type Given, linesOf, Unread } from "./command.ts";
import { bsdSum, crc, systemSum } from "./sums.ts";

type Hash = (bytes: Uint8Array, length: number) => Uint8Array;

interface Kind {
  /** As tagged lines call it. */
  readonly tag: string;
  readonly bits: number;
  readonly hash: Hash;
}

const KINDS: Readonly<Record<string, Kind>> = {
  md5: { tag: "MD5", bits: 128, hash: (bytes) => md5(bytes) },
  sha1: { tag: "SHA1", bits: 160, hash: (bytes) => sha1(bytes) },
  sha224: { tag: "SHA224", bits: 224, hash: (bytes) => sha224(bytes) },
  sha256: { tag: "SHA256", bits: 256, hash: (bytes) => sha256(bytes) },
  sha384: { tag: "SHA384", bits: 384, hash: (bytes) => sha384(bytes) },
  sha512: { tag: "SHA512", bits: 512, hash: (bytes) => sha512(bytes) },
  blake2b: { tag: "BLAKE2b", bits: 512, hash: (bytes, length) => blake2b(bytes, { dkLen: length / 8 }) },
};
const LONG = {
  ...{ check: "c", binary: "b", text: "t", zero: "z", warn: "w", tag: "tag", quiet: "quiet", status: "status" },
  ...{ strict: "strict", "ignore-missing": "ignore-missing" },
};
/** What has a meaning only where digests are checked. */
const CHECKING = ["ignore-missing", "status", "warn", "quiet", "strict"] as const;

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const flagOf = (name: string): string => (name === "warn" ? "w" : name);

function usage({ name }: Given, message: string): Failure {
  return new Failure(`${message}\nTry '${name} --help' for more information.`);
}

/** Bits of a digest of `-l`: those of the kind where none are given or 0 is. */
function lengthFrom(given: Given, kind: Kind): number {
  const text = given.values.get("l") ?? "0";
  const bits = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(bits)) throw new Failure(`invalid length: ‘${text}’`);
  const wrong =
    bits % 8 !== 0 ? "length is not a multiple of 8" : `maximum digest length for ‘${kind.tag}’ is ${kind.bits} bits`;
  if (bits % 8 !== 0 || bits > kind.bits) throw new Failure(`invalid length: ‘${text}’\n${given.name}: ${wrong}`);
  return bits === 0 ? kind.bits : bits;
}

/** The name in a line, with what would end the line escaped; whether any was. */
function escaped(name: string): readonly [text: string, changed: boolean] {
  const text = name.replace(/[\\\n\r]/g, (one) => (one === "\\" ? "\\\\" : one === "\n" ? "\\n" : "\\r"));
  return [bytesOf(text), text !== name];
}

async function print(given: Given, kind: Kind, tagged: boolean): Promise<Done> {
  const { flags, operands, read } = given;
  const bits = lengthFrom(given, kind);
  const end = flags.has("z") ? "\0" : "\n";
  let [stdout, stderr] = ["", ""];
  for (const name of operands.length === 0 ? ["-"] : operands) {
    try {
      const hex = hexOf(kind.hash(numbersOf(await read(name)), bits));
      const [text, changed] = flags.has("z") ? [bytesOf(name), false] : escaped(name);
      const tag = bits === kind.bits ? kind.tag : `${kind.tag}-${bits}`;
      const binary = given.sequence.findLast(([letter]) => letter === "b" || letter === "t")?.[0] === "b";
      const line = tagged ? `${tag} (${text}) = ${hex}` : `${hex} ${binary ? "*" : " "}${text}`;
      stdout += `${changed ? "\\" : ""}${line}${end}`;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      stderr += `${given.name}: ${error.message}\n`;
    }
  }
  return { stdout, stderr, exitCode: stderr === "" ? 0 : 1 };
}

interface Listed {
  readonly kind: Kind;
  readonly hex: string;
  readonly bits: number;
  readonly name: string;
}

/** What a line of a list says: tagged, or a digest with a name. */
function listedIn(text: string, kinds: readonly Kind[], own: Kind | undefined): Listed | undefined {
  const backslash = text.startsWith("\\");
  const line = backslash ? text.slice(1) : text;
  const [, tag, tagBits, tagged, sum] = /^([A-Za-z0-9]+?)(?:-(\d+))? ?\((.*)\) ?= ?([0-9a-fA-F]+)$/s.exec(line) ?? [];
  const [, plain, bare] = tag === undefined ? (/^ *([0-9a-fA-F]+) [ *](.*)$/s.exec(line) ?? []) : [];
  const hex = sum ?? plain;
  const kind = tag === undefined ? own : kinds.find((one) => one.tag === tag);
  if (hex === undefined || kind === undefined) return undefined;
  const bits = tagBits === undefined ? (tag === undefined ? hex.length * 4 : kind.bits) : Number(tagBits);
  const fits = kind.tag === "BLAKE2b" ? bits % 8 === 0 && bits > 0 && bits <= kind.bits : bits === kind.bits;
  if (!fits || hex.length * 4 !== bits) return undefined;
  const raw = (tagged ?? bare) as string;
  const back = (_: string, one: string): string => (one === "n" ? "\n" : one === "r" ? "\r" : "\\");
  return { kind, hex: hex.toLowerCase(), bits, name: nameOf(backslash ? raw.replace(/\\([\\nr])/g, back) : raw) };
}

const counted = (count: number, one: string, many: string): string => `WARNING: ${count} ${count === 1 ? one : many}`;

async function check(given: Given, kinds: readonly Kind[], own: Kind | undefined): Promise<Done> {
  const { flags, operands, read, name } = given;
  let [stdout, stderr, failed] = ["", "", false];
  const say = (message: string): void => {
    stderr += `${name}: ${message}\n`;
  };
  const quiet = flags.has("status");
  for (const list of operands.length === 0 ? ["-"] : operands) {
    let text: string;
    try {
      text = await read(list);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(error.message);
      failed = true;
      continue;
    }
    const shownList = list === "-" ? "'standard input'" : list;
    let [proper, malformed, unread, wrong, verified] = [0, 0, 0, 0, 0];
    for (const [number, whole] of linesOf(text).entries()) {
      const line = whole.replace(/\r$/, "");
      if (line.startsWith("#") || line === "") {
        if (line === "") malformed++;
        continue;
      }
      const found = listedIn(line, kinds, own);
      if (found === undefined) {
        malformed++;
        const tag = own?.tag ?? "CRC";
        if (flags.has("w")) say(`${shownList}: ${number + 1}: improperly formatted ${tag} checksum line`);
        continue;
      }
      proper++;
      const label = found.name.includes("\n") ? `\\${escaped(found.name)[0]}` : bytesOf(found.name);
      try {
        const hex = hexOf(found.kind.hash(numbersOf(await read(found.name)), found.bits));
        verified += hex === found.hex ? 1 : 0;
        wrong += hex === found.hex ? 0 : 1;
        if (!quiet && (hex !== found.hex || !flags.has("quiet")))
          stdout += `${label}: ${hex === found.hex ? "OK" : "FAILED"}\n`;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (flags.has("ignore-missing") && error instanceof Unread && error.reason === "No such file or directory")
          continue;
        say(error.message);
        unread++;
        if (!quiet) stdout += `${label}: FAILED open or read\n`;
      }
    }
    if (proper === 0) say(`${shownList}: no properly formatted checksum lines found`);
    else if (!quiet) {
      if (malformed > 0) say(counted(malformed, "line is improperly formatted", "lines are improperly formatted"));
      if (unread > 0) say(counted(unread, "listed file could not be read", "listed files could not be read"));
      if (wrong > 0) say(counted(wrong, "computed checksum did NOT match", "computed checksums did NOT match"));
    }
    const idle = flags.has("ignore-missing") && verified + wrong === 0;
    if (proper > 0 && idle && !quiet) say(`${shownList}: no file was verified`);
    failed ||= proper === 0 || idle || unread > 0 || wrong > 0 || (flags.has("strict") && malformed > 0);
  }
  return { stdout, stderr, exitCode: failed ? 1 : 0 };
}

function refuseSenseless(given: Given): void {
  const { flags } = given;
  const senseless = CHECKING.find((name) => flags.has(flagOf(name)));
  if (!flags.has("c") && senseless !== undefined)
    throw usage(given, `the --${senseless} option is meaningful only when verifying checksums`);
  if (!flags.has("c")) return;
  if (flags.has("z")) throw usage(given, "the --zero option is not supported when verifying checksums");
  if (flags.has("tag")) throw usage(given, "the --tag option is meaningless when verifying checksums");
  if (flags.has("b") || flags.has("t"))
    throw usage(given, "the --binary and --text options are meaningless when verifying checksums");
}

function digest(name: string, key: string): Command {
  const kind = KINDS[key] as Kind;
  const values = key === "blake2b" ? "l" : "";
  const long = { ...LONG, ...(values !== "" && { length: "l" }) };
  return command(name, { flags: "bctzw", values, long }, (given) => {
    refuseSenseless(given);
    if (given.flags.has("c")) return check(given, [kind], kind);
    if (given.flags.has("tag") && given.flags.has("t")) throw usage(given, "--tag does not support --text mode");
    return print(given, kind, given.flags.has("tag"));
  });
}

const ALGORITHMS = ["bsd", "sysv", "crc", ...Object.keys(KINDS)];

const cksum = command(
  "cksum",
  { flags: "czw", values: "al", long: { ...LONG, algorithm: "a", length: "l", untagged: "untagged" } },
  (given) => {
    const { flags, values } = given;
    const algorithm = values.get("a") ?? "crc";
    if (!ALGORITHMS.includes(algorithm)) {
      const valid = ALGORITHMS.map((name) => `\n  - ‘${name}’`).join("");
      throw usage(given, `invalid argument ‘${algorithm}’ for ‘--algorithm’\nValid arguments are:${valid}`);
    }
    const kind = KINDS[algorithm];
    if (values.has("l") && algorithm !== "blake2b")
      throw usage(given, "--length is only supported with --algorithm=blake2b");
    refuseSenseless(given);
    if (flags.has("c")) {
      if (kind === undefined && values.has("a"))
        throw new Failure("--check is not supported with --algorithm={bsd,sysv,crc}");
      return check(given, kind === undefined ? Object.values(KINDS) : [kind], kind);
    }
    if (kind !== undefined) return print(given, kind, !flags.has("untagged"));
    return sums(given, algorithm as "bsd" | "sysv" | "crc");
  },
);

const sum = command("sum", { flags: "rs", values: "", long: { sysv: "s" } }, (given) =>
  sums(given, given.sequence.at(-1)?.[0] === "s" ? "sysv" : "bsd"),
);

/** What `sum` and `cksum` print of each file. */
async function sums(given: Given, algorithm: "bsd" | "sysv" | "crc"): Promise<Done> {
  const { operands, read, flags } = given;
  let [stdout, stderr] = ["", ""];
  for (const name of operands.length === 0 ? ["-"] : operands) {
    try {
      const bytes = numbersOf(await read(name));
      const size = bytes.length;
      const line =
        algorithm === "crc"
          ? `${crc(bytes)} ${size}`
          : algorithm === "sysv"
            ? `${systemSum(bytes)} ${Math.ceil(size / 512)}`
            : `${String(bsdSum(bytes)).padStart(5, "0")} ${String(Math.ceil(size / 1024)).padStart(5)}`;
      stdout += `${line}${operands.length === 0 ? "" : ` ${bytesOf(name)}`}${flags.has("z") ? "\0" : "\n"}`;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      stderr += `${given.name}: ${error.message}\n`;
    }
  }
  return { stdout, stderr, exitCode: stderr === "" ? 0 : 1 };
}

export const DIGESTS: readonly Command[] = [
  ...["md5", "sha1", "sha224", "sha256", "sha384", "sha512"].map((key) => digest(`${key}sum`, key)),
  digest("b2sum", "blake2b"),
  cksum,
  sum,
];
