// Blocks of a tar archive: reads v7, ustar, GNU and pax (POSIX.1-2001), writes what GNU tar 1.34 writes by itself.
import type { Bytes } from "../bytes.ts";

export const BLOCK = 512;
/** An archive is filled up to a multiple of this. */
export const RECORD = 20 * BLOCK;
/** Bytes of a name, or of a pax header, that are believed. */
const MOST_NAME = 65_536;

/** `0` file, `1` hard link, `2` symbolic link, `5` folder; others as they stand in the archive. */
export type Kind = string;

export interface Member {
  readonly name: string;
  readonly kind: Kind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
  readonly group: string;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly target: string;
  readonly body: Uint8Array;
  /** Bytes that it has, or says to have. */
  readonly size: number;
}

/** One member as it was found, with the archive's bytes that it takes. */
export interface Found extends Member {
  readonly from: number;
  readonly to: number;
}

export interface Contents {
  readonly members: readonly Found[];
  /** What is wrong with it, in GNU tar's words, in the order in which it was met. */
  readonly problems: readonly string[];
  /** Whether it breaks off. */
  readonly broken: boolean;
  /** The number of a block of zeros that ends it though another should have followed. */
  readonly lone?: number | undefined;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
const encoded = (text: string): Bytes => encoder.encode(text) as Bytes;

const textAt = (block: Uint8Array, at: number, length: number): string => {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return decoder.decode(field.slice(0, end < 0 ? length : end));
};

/** A number in octal digits, or in base 256 where the first bit says so; NaN where it is neither. */
function numberAt(block: Uint8Array, at: number, length: number): number {
  const first = block[at] as number;
  if (first >= 0x80) {
    let value = first === 0xff ? -1 : first & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + (block[at + i] as number);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }
  const digits = textAt(block, at, length).trim();
  return digits === "" ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function sumOf(block: Uint8Array): number {
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] as number;
  return sum;
}

/** The records of a pax header: `27 path=…\n`. */
function paxOf(body: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? 0 : Number(decoder.decode(body.slice(at, space)));
    if (!Number.isSafeInteger(length) || length <= space - at || at + length > body.length) break;
    const record = decoder.decode(body.slice(space + 1, at + length - 1));
    const equals = record.indexOf("=");
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** Members of an archive. Sizes are held against what is there; a header whose sum is wrong is skipped, and said. */
export function membersOf(bytes: Bytes): Contents {
  const members: Found[] = [];
  const problems: string[] = [];
  let shared = new Map<string, string>();
  let own = new Map<string, string>();
  let skipping = false;
  let lone: number | undefined;
  let from = 0;
  if (bytes.length < BLOCK) return { members, problems: ["This does not look like a tar archive"], broken: false };
  for (let at = 0; at < bytes.length; ) {
    if (at + BLOCK > bytes.length) return { members, problems, broken: true };
    const block = bytes.subarray(at, at + BLOCK);
    if (block[0] === 0 && block.every((byte) => byte === 0)) {
      const next = bytes.subarray(at + BLOCK, at + 2 * BLOCK);
      if (next.some((byte) => byte !== 0) || next.length === 0) lone = at / BLOCK + 1;
      break;
    }
    const size = own.has("size") ? Number(own.get("size")) : numberAt(block, 124, 12);
    if (numberAt(block, 148, 8) !== sumOf(block) || !Number.isSafeInteger(size) || size < 0) {
      if (!skipping) {
        if (members.length === 0 && at === 0) problems.push("This does not look like a tar archive");
        problems.push("Skipping to next header");
      }
      skipping = true;
      at += BLOCK;
      from = at;
      own = new Map();
      continue;
    }
    skipping = false;
    const kind = block[156] === 0 ? "0" : String.fromCharCode(block[156] as number);
    const held = kind === "1" || kind === "2" || kind === "5" ? 0 : size;
    const begin = at + BLOCK;
    const broken = begin + Math.ceil(held / BLOCK) * BLOCK > bytes.length;
    if (broken && /[gxLK]/.test(kind)) return { members, problems, broken };
    const body = bytes.subarray(begin, begin + held);
    at = begin + Math.ceil(held / BLOCK) * BLOCK;
    if (kind === "g") {
      if (held <= MOST_NAME) shared = new Map([...shared, ...paxOf(body)]);
      from = at;
    } else if (kind === "x") {
      if (held <= MOST_NAME) own = new Map([...own, ...paxOf(body)]);
    } else if (kind === "L" || kind === "K") {
      if (held <= MOST_NAME) own.set(kind === "L" ? "path" : "linkpath", textAt(body, 0, held));
    } else {
      const said = (key: string): string | undefined => own.get(key) ?? shared.get(key);
      const ustar = textAt(block, 257, 6) === "ustar";
      const prefix = ustar ? textAt(block, 345, 155) : "";
      const short = textAt(block, 0, 100);
      const name = said("path") ?? (prefix === "" ? short : `${prefix}/${short}`);
      const seconds = Number(said("mtime") ?? numberAt(block, 136, 12));
      members.push({
        name,
        kind: kind === "0" && name.endsWith("/") ? "5" : kind === "7" ? "0" : kind,
        mode: (numberAt(block, 100, 8) || 0) & 0o7777,
        uid: Number(said("uid") ?? numberAt(block, 108, 8)) || 0,
        gid: Number(said("gid") ?? numberAt(block, 116, 8)) || 0,
        user: said("uname") ?? textAt(block, 265, 32),
        group: said("gname") ?? textAt(block, 297, 32),
        mtime: Number.isFinite(seconds) ? seconds : 0,
        target: said("linkpath") ?? textAt(block, 157, 100),
        body,
        size,
        from,
        to: Math.min(at, bytes.length),
      });
      own = new Map();
      from = at;
      if (broken) return { members, problems, broken };
    }
  }
  return { members, problems, broken: false, lone };
}

const octal = (value: number, digits: number): string =>
  Math.max(0, Math.floor(value)).toString(8).padStart(digits, "0").slice(-digits);

function header(member: Member, name: Bytes, target: Bytes, kind: Kind, size: number): Bytes {
  const block = new Uint8Array(BLOCK);
  const put = (text: string | Bytes, at: number, length: number): void =>
    block.set((typeof text === "string" ? encoded(text) : text).subarray(0, length), at);
  put(name, 0, 100);
  put(octal(member.mode, 7), 100, 7);
  put(octal(member.uid, 7), 108, 7);
  put(octal(member.gid, 7), 116, 7);
  put(octal(size, 11), 124, 11);
  put(octal(member.mtime, 11), 136, 11);
  put(kind, 156, 1);
  put(target, 157, 100);
  put("ustar  ", 257, 7);
  put(member.user, 265, 31);
  put(member.group, 297, 31);
  put(`${octal(sumOf(block), 6)}\0 `, 148, 8);
  return block;
}

/** What follows bytes up to the next block. */
const filling = (length: number): Bytes => new Uint8Array((BLOCK - (length % BLOCK)) % BLOCK);

/** A member's bytes in an archive; names that do not fit go before it, as GNU tar has them. */
export function blocksOf(member: Member): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const name = encoded(member.name);
  const target = encoded(member.target);
  const long: Member = { ...member, mode: 0o644, uid: 0, gid: 0, user: "root", group: "root", mtime: 0 };
  for (const [text, kind, most] of [
    [target, "K", 100],
    [name, "L", 100],
  ] as const) {
    if (text.length <= most) continue;
    const none = new Uint8Array(0);
    parts.push(header(long, encoded("././@LongLink"), none, kind, text.length + 1));
    parts.push(text, new Uint8Array(1), filling(text.length + 1));
  }
  parts.push(header(member, name, target, member.kind, member.body.length));
  parts.push(member.body, filling(member.body.length));
  return parts;
}

/** What ends an archive that so far has as many bytes. */
export function endOf(length: number): Bytes {
  const least = length + 2 * BLOCK;
  return new Uint8Array(Math.ceil(least / RECORD) * RECORD - length);
}
