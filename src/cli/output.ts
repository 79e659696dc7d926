import type { Fault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import type { Ambient } from "../host/settings.ts";
import { EXIT, type ExitCode } from "./command.ts";

/** Everything but plain space that has no visible shape of its own, or changes the shape of its neighbours. */
const UNSEEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const LINE = 8192;

/** Writes one line of text to standard output; what is not visible in it is escaped. */
export function say(ambient: Ambient, line: string): void {
  ambient.stdout.write(`${safeText(line, LINE)}\n`);
}

/** Writes one line for a person to standard error. */
export function note(ambient: Ambient, line: string): void {
  ambient.stderr.write(`${safeText(line, LINE)}\n`);
}

/** Writes one JSON document and a line feed: compact for programs, indented and free of control codes on a terminal. */
export function sayJson(ambient: Ambient, value: Json): void {
  ambient.stdout.write(`${ambient.stdout.isTTY ? terminalJson(value) : JSON.stringify(value)}\n`);
}

/** JSON that is the same value and that a terminal cannot take for anything but text (RFC 8259 §7 escapes). */
export function terminalJson(value: Json): string {
  return JSON.stringify(value, null, 2).replace(UNSEEN, (character) =>
    character === " " || character === "\n" ? character : asEscapes(character),
  );
}

function asEscapes(character: string): string {
  let text = "";
  for (let i = 0; i < character.length; i++) text += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
  return text;
}

/** Says why nothing was done, in one line, and answers the exit code for it. */
export function complain(ambient: Ambient, fault: Fault): ExitCode {
  note(ambient, `tollgate: ${fault.message}`);
  const ours = fault.code === "configuration-invalid" || fault.layer === "gate";
  return ours ? EXIT.usage : EXIT.environment;
}

/** Says what is wrong with the command line, and where to read on. */
export function misused(ambient: Ambient, message: string, command: string): ExitCode {
  note(
    ambient,
    `tollgate: ${message}${message.endsWith("?") ? "" : ":"} see tollgate ${command}${command === "" ? "" : " "}--help`,
  );
  return EXIT.usage;
}

/** A number of bytes for a person. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  const units = ["KiB", "MiB", "GiB"];
  let value = count / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}

/** A whole number with thin groups of three: 1 000 000. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, " ");
