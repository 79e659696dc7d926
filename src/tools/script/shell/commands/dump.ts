// Commands that show bytes: od, xxd.

import { command, readAllOf, whole } from "./command.ts";
import { ESCAPES } from "./escapes.ts";

const NAMES = ["nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr", "so", "si"];
/** Escapes by the code of their character. A backslash is none. */
const LETTERS: Readonly<Record<number, string>> = {
  0: "\\0",
  ...Object.fromEntries(
    Object.entries(ESCAPES).flatMap(([letter, one]) => (letter === "\\" ? [] : [[one.charCodeAt(0), `\\${letter}`]])),
  ),
};
const ROW = 16;

export const od = command(
  "od",
  {
    flags: "cxbdov",
    values: "AtNjw",
    long: { "address-radix": "A", format: "t", "read-bytes": "N", "skip-bytes": "j" },
  },
  async (given) => {
    const { flags, values } = given;
    const skip = whole(values.get("j") ?? "0", "argument");
    const all = await readAllOf(given);
    const bytes = all.slice(skip, values.has("N") ? skip + whole(values.get("N") as string, "argument") : undefined);
    const type = flags.has("c")
      ? "c"
      : flags.has("x")
        ? "x2"
        : flags.has("b")
          ? "o1"
          : flags.has("d")
            ? "u2"
            : (values.get("t") ?? "o2");
    const radix = values.get("A") ?? "o";
    const address = (at: number): string =>
      radix === "n"
        ? ""
        : at.toString(radix === "x" ? 16 : radix === "d" ? 10 : 8).padStart(radix === "x" ? 6 : 7, "0");
    const width = whole(values.get("w") ?? String(ROW), "argument");
    let stdout = "";
    let before: string | undefined;
    let starred = false;
    for (let at = 0; at < bytes.length; at += width) {
      const row = bytes.slice(at, at + width);
      if (row === before && row.length === width && !flags.has("v")) {
        if (!starred) stdout += "*\n";
        starred = true;
        continue;
      }
      starred = false;
      before = row;
      stdout += `${address(skip + at)}${cells(row, type)}\n`;
    }
    return { stdout: radix === "n" ? stdout : `${stdout}${address(skip + bytes.length)}\n` };
  },
);

function cells(row: string, type: string): string {
  const [, kind = "o", digits = ""] = /^([acdoux])(\d?)/.exec(type) ?? [];
  if (kind === "c" || kind === "a")
    return Array.from(row, (character) => (kind === "c" ? escaped(character) : named(character)).padStart(4)).join("");
  const size = Number(digits === "" ? 4 : digits);
  const base = { x: 16, o: 8, u: 10, d: 10 }[kind] as number;
  const room = { 16: [2, 4, 0, 8], 8: [3, 6, 0, 11], 10: [3, 5, 0, 10] }[base]?.[size - 1] as number;
  let text = "";
  for (let at = 0; at < row.length; at += size) {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (row.charCodeAt(at + i) || 0);
    if (kind === "d" && value >= 2 ** (size * 8 - 1)) value -= 2 ** (size * 8);
    const shown = value.toString(base);
    text += ` ${base === 10 ? shown.padStart(room + (kind === "d" ? 1 : 0)) : shown.padStart(room, "0")}`;
  }
  return text;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return LETTERS[code] ?? (code >= 0x20 && code < 0x7f ? character : code.toString(8).padStart(3, "0"));
}

function named(character: string): string {
  const code = character.charCodeAt(0) & 0x7f;
  return (
    NAMES[code] ??
    (code === 0x20 ? "sp" : code === 0x7f ? "del" : code < 0x20 ? code.toString(8) : String.fromCharCode(code))
  );
}

export const xxd = command("xxd", { flags: "pru", values: "lsgc", long: {} }, async (given) => {
  const { flags, values } = given;
  const all = await readAllOf(given);
  if (flags.has("r")) {
    const digits = flags.has("p") ? all : all.replace(/^[0-9a-f]+: (.{0,40}).*$/gim, "$1");
    return {
      stdout: (digits.replace(/\s+/g, "").match(/../g) ?? [])
        .map((pair) => String.fromCharCode(Number.parseInt(pair, 16)))
        .join(""),
    };
  }
  const from = whole(values.get("s") ?? "0", "seek");
  const bytes = all.slice(from, values.has("l") ? from + whole(values.get("l") as string, "length") : undefined);
  const hex = (character: string): string => {
    const shown = character.charCodeAt(0).toString(16).padStart(2, "0");
    return flags.has("u") ? shown.toUpperCase() : shown;
  };
  const columns = whole(values.get("c") ?? (flags.has("p") ? "30" : "16"), "columns");
  const group = whole(values.get("g") ?? "2", "group");
  let stdout = "";
  for (let at = 0; at < bytes.length; at += columns) {
    const row = bytes.slice(at, at + columns);
    const digits = Array.from(row, hex);
    if (flags.has("p")) stdout += `${digits.join("")}\n`;
    else {
      const spaced = digits.map((pair, i) => (i > 0 && i % group === 0 ? ` ${pair}` : pair)).join("");
      const room = columns * 2 + Math.ceil(columns / group) - 1;
      stdout += `${(from + at).toString(16).padStart(8, "0")}: ${spaced.padEnd(room)}  ${row.replace(/[^\x20-\x7e]/g, ".")}\n`;
    }
  }
  return { stdout };
});
