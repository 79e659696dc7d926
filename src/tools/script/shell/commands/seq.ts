import { bytesOf } from "./bytes.ts";
import { command, type Done, Failure } from "./command.ts";

const HINT = "\nTry 'seq --help' for more information.";
/** Characters after which an output ends: nothing runs beside it that could stop it. */
const MOST = 8 * 1024 * 1024;
/** Digits of an operand. */
const LONGEST = 300;

/** A decimal number: `units` of ten to the power of minus `places`. */
interface Decimal {
  readonly units: bigint;
  readonly places: number;
}

type Shown = (units: bigint | number) => string;

/** The first operand ends the options, and a negative number is one. */
function apart(words: readonly string[]): readonly string[] {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "--") return words;
    if (!word.startsWith("-") || /^-(?:[.\d]|inf)/i.test(word) || word === "-")
      return [...words.slice(0, at), "--", ...words.slice(at)];
    if (/^(?:-w*[fs]|--f[a-z]*|--s[a-z]*)$/.test(word)) at++;
  }
  return words;
}

export const seq = command(
  "seq",
  { flags: "w", values: "fs", long: { format: "f", separator: "s", "equal-width": "w" } },
  ({ flags, values, operands }): Done => {
    if (operands.length === 0) throw new Failure(`missing operand${HINT}`);
    if (operands.length > 3) throw new Failure(`extra operand '${operands[3]}'${HINT}`);
    const format = values.has("f") ? formatOf(values.get("f") as string) : undefined;
    if (format !== undefined && flags.has("w"))
      throw new Failure(`format string may not be specified when printing equal width strings${HINT}`);
    const endless = /^\+?inf(?:inity)?$/i.test(operands.at(-1) as string);
    const given = operands.map((text, at) => (endless && at === operands.length - 1 ? ONE : decimalOf(text)));
    const last = given.at(-1) as Decimal;
    const first = given.length > 1 ? (given[0] as Decimal) : ONE;
    const step = given.length > 2 ? (given[1] as Decimal) : ONE;
    if (step.units === 0n) throw new Failure(`invalid Zero increment value: '${operands[1]}'${HINT}`);
    const places = Math.max(first.places, step.places);
    const scale = Math.max(places, last.places);
    const [from, by, to] = [first, step, last].map((one) => one.units * 10n ** BigInt(scale - one.places)) as [
      bigint,
      bigint,
      bigint,
    ];
    let show: Shown = (units) => fixed(units, scale, places);
    if (format !== undefined) show = (units) => format(Number(fixed(units, scale, scale)));
    else if (flags.has("w")) {
      const width = Math.max(fixed(from, scale, places).length, fixed(to, scale, places).length);
      show = (units) => padded(fixed(units, scale, places), width, "0");
    }
    return written(from, by, endless ? undefined : to, show, bytesOf(values.get("s") ?? "\n"));
  },
  apart,
);

const ONE: Decimal = { units: 1n, places: 0 };

function decimalOf(text: string): Decimal {
  const hex = /^\s*([+-]?)(0x[\da-f]{1,100})$/i.exec(text);
  if (hex !== null) return { units: BigInt(hex[2] as string) * (hex[1] === "-" ? -1n : 1n), places: 0 };
  const parts = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i.exec(text);
  const [, sign, digits = "", fraction = "", power = "0"] = parts ?? [];
  const exponent = Number(power);
  if (parts === null || digits + fraction === "" || text.length > LONGEST || Math.abs(exponent) > LONGEST)
    throw new Failure(`invalid floating point argument: '${text}'${HINT}`);
  const units = BigInt(digits + fraction) * (sign === "-" ? -1n : 1n);
  const places = fraction.length - exponent;
  return places >= 0 ? { units, places } : { units: units * 10n ** BigInt(-places), places: 0 };
}

/** A number of so many units, with so many of its places. */
function fixed(units: bigint | number, scale: number, places: number): string {
  if (scale === 0) return String(units);
  const text = String(units);
  const negative = text.startsWith("-");
  const digits = (negative ? text.slice(1) : text).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const shown =
    places === 0 ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, point + places)}`;
  return negative ? `-${shown}` : shown;
}

function padded(text: string, width: number, sign: string): string {
  if (sign !== "0") return text.padStart(width, sign);
  const [, minus = "", digits = ""] = /^([+ -]?)(.*)$/.exec(text) ?? [];
  return minus + digits.padStart(width - minus.length, "0");
}

function written(from: bigint, by: bigint, to: bigint | undefined, show: Shown, separator: string): Done {
  const parts: string[] = [];
  let length = 0;
  const small = [from, by, to ?? 0n].every((one) => one < 2n ** 51n && one > -(2n ** 51n));
  const add = (units: bigint | number): boolean => {
    const text = show(units);
    parts.push(text);
    length += text.length + separator.length;
    return length < MOST;
  };
  let whole = true;
  if (small) {
    const [step, end] = [Number(by), to === undefined ? Number(by) * Number.POSITIVE_INFINITY : Number(to)];
    for (let at = Number(from); whole && (step > 0 ? at <= end : at >= end); at += step) whole = add(at);
  } else {
    for (let at = from; whole && (to === undefined || (by > 0n ? at <= to : at >= to)); at += by) whole = add(at);
  }
  const stdout = parts.length === 0 ? "" : `${parts.join(separator)}\n`;
  return whole ? { stdout } : { stdout, stderr: "seq: output is too long\n", exitCode: 1 };
}

function formatOf(text: string): (value: number) => string {
  const found = [...text.matchAll(/%(?:%|([-+ 0#']*)(\d{0,4})(?:\.(\d{0,2}))?(L?)([a-zA-Z])?)/g)];
  const directives = found.filter(([all]) => all !== "%%");
  const [one, two] = directives;
  if (one === undefined) throw new Failure(`format '${text}' has no % directive`);
  const [all, flags = "", width = "", precision, , kind = ""] = one;
  if (kind === "") throw new Failure(`format '${text}' ends in %`);
  if (!/[efgEFG]/.test(kind)) throw new Failure(`format '${text}' has unknown %${kind} directive`);
  if (two !== undefined) throw new Failure(`format '${text}' has too many % directives`);
  const before = bytesOf(text.slice(0, one.index).replaceAll("%%", "%"));
  const behind = bytesOf(text.slice(one.index + all.length).replaceAll("%%", "%"));
  const places = precision === undefined ? 6 : Number(precision);
  return (value) => {
    let shown = floating(value, kind.toLowerCase(), places, flags.includes("#"));
    if (kind < "a") shown = shown.toUpperCase();
    if (value >= 0) shown = (flags.includes("+") ? "+" : flags.includes(" ") ? " " : "") + shown;
    if (flags.includes("-")) shown = shown.padEnd(Number(width));
    else shown = padded(shown, Number(width), flags.includes("0") ? "0" : " ");
    return before + shown + behind;
  };
}

function floating(value: number, kind: string, places: number, keep: boolean): string {
  const scientific = (digits: number): string =>
    value.toExponential(digits).replace(/e([+-])(\d)$/, (_, sign, digit) => `e${sign}0${digit}`);
  if (kind === "f") return value.toFixed(places);
  if (kind === "e") return scientific(places);
  const digits = Math.max(places, 1);
  const power = value === 0 ? 0 : Number(/e(.*)$/.exec(value.toExponential(digits - 1))?.[1]);
  const short = power < digits && power >= -4;
  const shown = short ? value.toFixed(digits - 1 - power) : scientific(digits - 1);
  return keep ? shown : shown.replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, "");
}
