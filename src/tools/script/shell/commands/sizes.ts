// Sizes with units, read and shown.
import { Failure } from "./command.ts";
import { quoted } from "./file-names.ts";

export const POWERS = "KMGTPEZY";

/** What a unit behind a number multiplies it by: `K`, `MB`, `GiB`, `b`; undefined where it is none. */
export function factorOf(unit: string): number | undefined {
  if (unit === "") return 1;
  if (unit === "b") return 512;
  const [, letter, kind] = /^([kKmMGTPEZY])(iB|B)?$/.exec(unit) ?? [];
  if (letter === undefined) return undefined;
  return (kind === "B" ? 1000 : 1024) ** (POWERS.indexOf(letter.toUpperCase()) + 1);
}

/** Bytes of a size with a unit, which may stand alone: `10`, `4K`, `1MB`, `K`; undefined for what is none. */
export function sizeOf(text: string): number | undefined {
  const [, digits = "1", unit] = /^(?!$)(\d{1,15})?([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = unit === undefined || unit === "c" ? 1 : factorOf(unit);
  if (unit === undefined || factor === undefined) return undefined;
  return Number(digits) * factor;
}

/** How sizes are shown. */
export type SizeShown = (bytes: number) => string;

/** Sizes in the greatest unit that leaves a number, rounded up: `1.5K`. */
export function human(bytes: number, base = 1024): string {
  if (bytes < base) return String(bytes);
  let [value, unit] = [bytes, -1];
  for (; value >= base && unit < POWERS.length - 1; unit++) value /= base;
  let text = value < 10 ? (Math.ceil(value * 10) / 10).toFixed(1) : String(Math.ceil(value));
  if (text === "10.0") text = "10";
  const letter = POWERS[unit] as string;
  return `${text}${base === 1000 && letter === "K" ? "k" : letter}`;
}

/** Sizes in blocks, rounded up, with the unit behind where it was all that was given: `-BM`. */
export function inBlocks(text: string): SizeShown {
  if (text === "human-readable" || text === "si") return (bytes) => human(bytes, text === "si" ? 1000 : 1024);
  const size = sizeOf(text);
  if (size === undefined || size === 0) throw new Failure(`invalid --block-size argument ${quoted(text)}`);
  const unit = /^[a-z]/i.test(text) ? text.replace("iB", "").toUpperCase() : "";
  return (bytes) => `${Math.ceil(bytes / size)}${unit}`;
}
