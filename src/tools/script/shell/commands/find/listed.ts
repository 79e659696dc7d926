import type { RootFileStat } from "../../root-file-system.ts";
import { bytesOf } from "../bytes.ts";
import { BLOCK, modeOf } from "../listing.ts";
import type { Found } from "./found.ts";
import type { Search } from "./search.ts";
import { timePart } from "./time-format.ts";

const SIX_MONTHS_MS = 15_778_476_000;
const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f" };

/** A name with what is not plain in it escaped, as C writes it. */
function escaped(name: string): string {
  return bytesOf(name).replace(/[^!#-[\]-~]/g, (sign) => {
    if (/[\\" ]/.test(sign)) return `\\${sign}`;
    return ESCAPES[sign] ?? `\\${sign.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
}

/** The line of -ls. */
export async function listed(file: Found, search: Search): Promise<string> {
  const status = await file.status();
  const { ino, size, mtime } = status;
  const links = (status as Partial<RootFileStat>).links ?? 1;
  const blocks = status.isSymbolicLink ? 0 : Math.ceil(size / BLOCK) * (BLOCK / 1024);
  const age = Date.now() - mtime.getTime();
  const recent = age < SIX_MONTHS_MS && age > -3_600_000;
  const part = (letter: string): string => timePart(letter, mtime) as string;
  const date = `${part("b")} ${part("e")} ${recent ? part("R") : ` ${part("Y")}`}`;
  const target = status.isSymbolicLink ? ` -> ${escaped(await search.context.fs.readlink(file.at))}` : "";
  return [
    `${String(ino ?? 0).padStart(9)} ${String(blocks).padStart(6)} ${modeOf(status)} ${String(links).padStart(3)}`,
    ` user     user     ${String(size).padStart(8)} ${date} ${escaped(file.path)}${target}\n`,
  ].join("");
}
