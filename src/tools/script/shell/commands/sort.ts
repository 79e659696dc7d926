import { command, Failure, joined, linesOf, readAllOf } from "./command.ts";
import { MONTHS } from "./date-format.ts";
import { POWERS } from "./sizes.ts";

/** How two lines are compared by one key. */
interface Key {
  readonly startField: number;
  readonly startAt: number;
  readonly endField: number;
  readonly endAt: number;
  readonly modifiers: string;
}

const MODIFIERS = "bdfghiMnRrV";
const SHORT_MONTHS = MONTHS.map((name) => name.slice(0, 3).toUpperCase());

export const sort = command(
  "sort",
  {
    flags: `${MODIFIERS}umscCz`,
    values: "ktoSTP",
    trouble: 2,
    long: {
      numeric: "n",
      "numeric-sort": "n",
      reverse: "r",
      unique: "u",
      key: "k",
      "field-separator": "t",
      output: "o",
      stable: "s",
      check: "c",
      "ignore-case": "f",
      "human-numeric-sort": "h",
      "version-sort": "V",
      "random-sort": "R",
      "general-numeric-sort": "g",
      "month-sort": "M",
      "ignore-leading-blanks": "b",
      "dictionary-order": "d",
      "zero-terminated": "z",
      parallel: "P",
    },
  },
  async (given) => {
    const { flags, values, all, context, path } = given;
    const end = flags.has("z") ? "\0" : "\n";
    const whole = [...flags].filter((flag) => MODIFIERS.includes(flag)).join("");
    const separator = values.get("t")?.replace("\\t", "\t").replace("\\0", "\0");
    if (separator !== undefined && separator.length !== 1) throw new Failure(`multi-character tab '${separator}'`, 2);
    const keys = (all.get("k") ?? []).map(parseKey);
    const lines = linesOf(await readAllOf(given), end);
    const rows = (): Row[] => rowsOf(lines, keys, whole, separator);
    const compare = (a: Row, b: Row): number => {
      const byKeys = compareKeys(a, b);
      if (byKeys !== 0 || flags.has("u") || flags.has("s")) return byKeys;
      const last = ordered(a.line, b.line);
      return whole.includes("r") ? -last : last;
    };
    if (flags.has("c") || flags.has("C")) {
      const least = flags.has("u") ? 0 : 1;
      const at = rows().findIndex((row, i, all) => i > 0 && compare(all[i - 1] as Row, row) >= least);
      if (at < 0) return {};
      const said = flags.has("C") ? "" : `sort: ${given.operands[0] ?? "-"}:${at + 1}: disorder: ${lines[at]}\n`;
      return { stderr: said, exitCode: 1 };
    }
    let sorted: string[];
    if (keys.length === 0 && /^r?$/.test(whole)) {
      // the engine's own order is that of bytes, and much quicker
      sorted = lines.sort();
      if (flags.has("u")) sorted = sorted.filter((line, i) => i === 0 || line !== sorted[i - 1]);
      if (whole === "r") sorted.reverse();
    } else {
      let ranked = rows().sort(compare);
      if (flags.has("u")) ranked = ranked.filter((row, i) => i === 0 || compareKeys(ranked[i - 1] as Row, row) !== 0);
      sorted = ranked.map(({ line }) => line);
    }
    const output = values.get("o");
    if (output === undefined) return { stdout: joined(sorted, end) };
    await context.fs.writeFile(path(output), joined(sorted, end), "latin1");
    return {};
  },
);

function parseKey(text: string): Key {
  const match = /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?$/.exec(text);
  if (match === null || Number(match[1]) === 0) throw new Failure(`invalid number at field start: '${text}'`, 2);
  const [, field, at, before = "", toField, toAt, after = ""] = match;
  return {
    startField: Number(field) - 1,
    startAt: Number(at ?? 1) - 1,
    endField: toField === undefined ? Number.POSITIVE_INFINITY : Number(toField),
    endAt: Number(toAt ?? 0),
    modifiers: before + after,
  };
}

/** Where each field of a line begins and ends; without a separator, a field has the blanks before it. */
function fieldsOf(line: string, separator: string | undefined): [number, number][] {
  const fields: [number, number][] = [];
  if (separator !== undefined) {
    let from = 0;
    for (let at = line.indexOf(separator); at >= 0; at = line.indexOf(separator, from)) {
      fields.push([from, at]);
      from = at + 1;
    }
    fields.push([from, line.length]);
    return fields;
  }
  for (const { index, 0: text } of line.matchAll(/[ \t]*[^ \t]+|[ \t]+$/g)) fields.push([index, index + text.length]);
  return fields;
}

function partOf(line: string, key: Key, separator: string | undefined, modifiers: string): string {
  const fields = fieldsOf(line, separator);
  const start = fields[key.startField];
  if (start === undefined) return "";
  const skipBlanks = (from: number): number => {
    let at = from;
    while (modifiers.includes("b") && (line[at] === " " || line[at] === "\t")) at++;
    return at;
  };
  const from = skipBlanks(start[0]) + key.startAt;
  const last = fields[key.endField - 1];
  const to = last === undefined ? line.length : key.endAt === 0 ? last[1] : skipBlanks(last[0]) + key.endAt;
  return line.slice(from, Math.max(from, to));
}

/** A value that is made of a part of a line once, and how two of them are compared. */
interface Order {
  readonly valueOf: (part: string) => string | number;
  readonly compare: (a: never, b: never) => number;
}

/** A line with what each key compares of it. */
interface Row {
  readonly line: string;
  readonly values: readonly (string | number)[];
  readonly orders: readonly Order["compare"][];
}

function rowsOf(lines: readonly string[], keys: readonly Key[], whole: string, separator: string | undefined): Row[] {
  const salt = Math.random().toString(36);
  const modifiersOf = (key: Key): string => (key.modifiers === "" ? whole : key.modifiers);
  const made = keys.length === 0 ? [orderOf(whole, salt)] : keys.map((key) => orderOf(modifiersOf(key), salt));
  const orders = made.map(({ compare }) => compare);
  const parts = (line: string): string[] =>
    keys.length === 0 ? [line] : keys.map((key) => partOf(line, key, separator, modifiersOf(key)));
  return lines.map((line) => ({
    line,
    orders,
    values: parts(line).map((part, i) => (made[i] as Order).valueOf(part)),
  }));
}

function compareKeys(a: Row, b: Row): number {
  const { orders } = a;
  for (let i = 0; i < orders.length; i++) {
    const found = (orders[i] as Order["compare"])(a.values[i] as never, b.values[i] as never);
    if (found !== 0) return found;
  }
  return 0;
}

const ordered = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

function orderOf(modifiers: string, salt: string): Order {
  const compare: Order["compare"] = modifiers.includes("V") ? version : ordered;
  return {
    valueOf: valuesBy(modifiers, salt),
    compare: modifiers.includes("r") ? (a, b) => -compare(a, b) : compare,
  };
}

function valuesBy(modifiers: string, salt: string): Order["valueOf"] {
  if (modifiers.includes("n")) return numeric;
  if (modifiers.includes("g")) return general;
  if (modifiers.includes("h")) return human;
  if (modifiers.includes("M")) return month;
  if (modifiers.includes("V")) return (part) => part;
  if (modifiers.includes("R")) return (part) => scrambled(folded(part, modifiers) + salt);
  return (part) => folded(part, modifiers);
}

function folded(text: string, modifiers: string): string {
  let shown = modifiers.includes("b") ? text.replace(/^[ \t]+/, "") : text;
  if (modifiers.includes("f")) shown = shown.toUpperCase();
  return modifiers.includes("d") ? shown.replace(/[^A-Za-z0-9 \t]/g, "") : shown;
}

const numeric = (text: string): number =>
  Number(/^[ \t]*(-?\d*(?:\.\d*)?)/.exec(text)?.[1]?.replace(/^-?\.?$/, "0") ?? 0);
const general = (text: string): number => {
  const value = Number.parseFloat(text);
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
};
const human = (text: string): number => {
  const [, digits = "0", unit = ""] = /^[ \t]*(-?\d+(?:\.\d+)?)([a-zA-Z]?)/.exec(text) ?? [];
  return Number(digits) * 1024 ** (POWERS.indexOf(unit.toUpperCase() || "-") + 1);
};
const month = (text: string): number => SHORT_MONTHS.indexOf(text.trim().slice(0, 3).toUpperCase());

function version(a: string, b: string): number {
  const [one, other] = [a, b].map((text): string[] => text.match(/\d+|\D+/g) ?? []) as [string[], string[]];
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const [x = "", y = ""] = [one[i], other[i]];
    const order = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return 0;
}

function scrambled(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
