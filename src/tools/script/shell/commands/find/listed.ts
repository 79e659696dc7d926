import { bytesOf } from "../bytes.ts";
import { octalEscape } from "../escapes.ts";
import { BLOCK, blocksOf, linksOf, listedTime, modeOf, OWNER } from "../file-facts.ts";
import type { Found } from "./found.ts";
import type { Search } from "./search.ts";

/** How far ahead of now a time may be that is shown with the time of day. */
const AHEAD_MS = 3_600_000;
const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f" };

/** A name with what is not plain in it escaped, as C writes it. */
function escaped(name: string): string {
  return bytesOf(name).replace(/[^!#-[\]-~]/g, (sign) => {
    if (/[\\" ]/.test(sign)) return `\\${sign}`;
    return ESCAPES[sign] ?? octalEscape(sign);
  });
}

/** The line of -ls. */
export async function listed(file: Found, search: Search): Promise<string> {
  const status = await file.status();
  const { ino, size, mtime } = status;
  const blocks = blocksOf(status) * (BLOCK / 1024);
  const owner = OWNER.name.padEnd(8);
  const date = listedTime(mtime, Date.now(), AHEAD_MS);
  const target = status.isSymbolicLink ? ` -> ${escaped(await search.context.fs.readlink(file.at))}` : "";
  return [
    `${String(ino ?? 0).padStart(9)} ${String(blocks).padStart(6)} ${modeOf(status)} ${String(linksOf(status)).padStart(3)}`,
    ` ${owner} ${owner} ${String(size).padStart(8)} ${date} ${escaped(file.path)}${target}\n`,
  ].join("");
}
