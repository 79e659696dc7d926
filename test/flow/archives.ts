// Tar archives made by hand, as no tar would write them.
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

const BLOCK = 512;

interface Header {
  readonly name: string;
  readonly kind?: string;
  readonly target?: string;
  readonly body?: string;
  /** What the header says of the body's length, where that isn't true. */
  readonly size?: string | Buffer;
  /** Whether the header's sum is wrong. */
  readonly damaged?: boolean;
}

function member({ name, kind = "0", target = "", body = "", size, damaged = false }: Header): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100, "utf8");
  header.write("0000644\0", 100);
  header.write("0001750\0", 108);
  header.write("0001750\0", 116);
  const length = size ?? `${body.length.toString(8).padStart(11, "0")}\0`;
  if (typeof length === "string") header.write(length, 124);
  else length.copy(header, 124);
  header.write("00000000001\0", 136);
  header.write(kind, 156);
  header.write(target, 157, 100, "utf8");
  header.write("ustar\u000000", 257);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0) + (damaged ? 1 : 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const filled = Buffer.alloc(Math.ceil(body.length / BLOCK) * BLOCK);
  filled.write(body, "latin1");
  return Buffer.concat([header, filled]);
}

/** An archive of these members, ended as it should be. */
export const archiveOf = (...headers: Header[]): Buffer =>
  Buffer.concat([...headers.map(member), Buffer.alloc(2 * BLOCK)]);

/** A size in base 256: 2^56. */
export const ENORMOUS = Buffer.from("800000000100000000000000", "hex");
/** A size in base 256 that is negative. */
export const NEGATIVE = Buffer.from("ffffffffffffffffffffff00", "hex");

/** A small file that comes to 64 MiB. */
export const bomb = (): Buffer => gzipSync(Buffer.alloc(64 * 1024 * 1024));

/** One record of a pax header. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}
