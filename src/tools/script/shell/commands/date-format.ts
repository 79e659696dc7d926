// The format of date, as coreutils and the C library have it for the locale C.
import { calendarOf, floored, fractionOf, type Moment } from "./date-parts.ts";

export const MONTHS = [
  ...["January", "February", "March", "April", "May", "June", "July"],
  ...["August", "September", "October", "November", "December"],
];
export const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const DAY_MS = 86_400_000;
const MOST_WIDTH = 4096;
const COMPOSED: Readonly<Record<string, string>> = {
  ...{ c: "%a %b %e %H:%M:%S %Y", D: "%m/%d/%y", F: "%+4Y-%m-%d", h: "%b", r: "%I:%M:%S %p", R: "%H:%M" },
  ...{ T: "%H:%M:%S", x: "%m/%d/%y", X: "%H:%M:%S" },
};
const DIRECTIVE = /%([-_0^#+]*)(\d*)([EO]?)(:{0,3}z|.)/gs;

interface Value {
  readonly text: string;
  /** Digits that a number has at least, and what it is filled with. */
  readonly width?: number;
  readonly fill?: "0" | " ";
}

const number = (value: number | bigint, width: number, fill: "0" | " " = "0"): Value => ({
  text: String(value),
  width,
  fill,
});

/** Year and week of ISO 8601. */
function isoWeek(date: Date): readonly [year: number, week: number] {
  const thursday = new Date(date.getTime());
  thursday.setUTCDate(date.getUTCDate() + 3 - ((date.getUTCDay() + 6) % 7));
  const year = thursday.getUTCFullYear();
  return [year, 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7)];
}

/** `+hh`, `+hhmm`, `+hh:mm`, `+hh:mm:ss` by the number of colons. */
export function offsetText(minutes: number, form: string): string {
  const all = Math.abs(minutes);
  const [hours, rest] = [String(Math.floor(all / 60)).padStart(2, "0"), String(all % 60).padStart(2, "0")];
  const sign = minutes < 0 ? "-" : "+";
  if (form === ":::z") return `${sign}${hours}${rest === "00" ? "" : `:${rest}`}`;
  return `${sign}${hours}${form === "z" ? "" : ":"}${rest}${form === "::z" ? ":00" : ""}`;
}

function directiveOf(letter: string, moment: Moment, date: Date): Value | undefined {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const [hour, weekday] = [date.getUTCHours(), date.getUTCDay()];
  const ofYear = (): number => Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / DAY_MS);
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  switch (letter) {
    case "%":
      return { text: "%" };
    case "n":
      return { text: "\n" };
    case "t":
      return { text: "\t" };
    case "a":
      return { text: (DAYS[weekday] as string).slice(0, 3) };
    case "A":
      return { text: DAYS[weekday] as string };
    case "b":
      return { text: (MONTHS[month] as string).slice(0, 3) };
    case "B":
      return { text: MONTHS[month] as string };
    case "C":
      return number(Math.floor(year / 100), 2);
    case "d":
      return number(day, 2);
    case "e":
      return number(day, 2, " ");
    case "g":
      return number(isoWeek(date)[0] % 100, 2);
    case "G":
      return number(isoWeek(date)[0], 4);
    case "H":
      return number(hour, 2);
    case "I":
      return number(twelve, 2);
    case "j":
      return number(ofYear() + 1, 3);
    case "k":
      return number(hour, 2, " ");
    case "l":
      return number(twelve, 2, " ");
    case "m":
      return number(month + 1, 2);
    case "M":
      return number(date.getUTCMinutes(), 2);
    case "N":
      return { text: String(fractionOf(moment.nanoseconds)).padStart(9, "0") };
    case "p":
      return { text: hour < 12 ? "AM" : "PM" };
    case "P":
      return { text: hour < 12 ? "am" : "pm" };
    case "q":
      return number(Math.floor(month / 3) + 1, 1);
    case "s":
      return number(floored(moment.nanoseconds, 1_000_000_000n), 1);
    case "S":
      return number(date.getUTCSeconds(), 2);
    case "u":
      return number(weekday === 0 ? 7 : weekday, 1);
    case "U":
      return number(Math.floor((ofYear() + 7 - weekday) / 7), 2);
    case "V":
      return number(isoWeek(date)[1], 2);
    case "w":
      return number(weekday, 1);
    case "W":
      return number(Math.floor((ofYear() + 7 - ((weekday + 6) % 7)) / 7), 2);
    case "y":
      return number(((year % 100) + 100) % 100, 2);
    case "Y":
      return number(year, 4);
    case "Z":
      return { text: moment.zone.name };
    default:
      return letter.endsWith("z") ? { text: offsetText(moment.zone.minutes, letter) } : undefined;
  }
}

/** A moment in the words of a format; what is no directive stays as it is. */
export function formatted(format: string, moment: Moment): string {
  const date = calendarOf(moment);
  return format.replace(DIRECTIVE, (whole, flags: string, width: string, _modifier: string, letter: string) => {
    if (letter === "F" && width !== "") return formatted(`%0${Math.max(4, Number(width) - 6)}Y-%m-%d`, moment);
    const composed = COMPOSED[letter];
    const value = composed === undefined ? directiveOf(letter, moment, date) : { text: formatted(composed, moment) };
    if (value === undefined) return whole;
    // most are as they stand
    if (flags === "" && width === "" && !value.text.startsWith("-"))
      return value.text.padStart(value.width ?? 0, value.fill);
    if (letter === "N") return fraction(value.text, flags, width);
    let { text } = value;
    const fill = flags.includes("_") ? " " : flags.includes("0") || flags.includes("+") ? "0" : (value.fill ?? " ");
    if (flags.includes("^") || (flags.includes("#") && /[aAbBh]/.test(letter))) text = text.toUpperCase();
    else if (flags.includes("#") && /[pZ]/.test(letter)) text = text.toLowerCase();
    if (letter === "z" && /[-_]/.test(flags)) {
      const short = text.replace(/(?<=^.)0+(?=\d)/, "");
      return flags.includes("-") ? short : short.padStart(width === "" ? 5 : Math.min(Number(width), MOST_WIDTH));
    }
    if (flags.includes("-")) return value.width === undefined ? text : text.replace(/^0+(?=\d)/, "");
    const wanted = Math.min(width === "" ? (value.width ?? 0) : Number(width), MOST_WIDTH);
    if (letter.endsWith("z")) return `${text[0]}${text.slice(1).padStart(wanted - 1, "0")}`;
    const sign = text.startsWith("-") && fill === "0" && value.width !== undefined ? "-" : "";
    return sign + text.slice(sign.length).padStart(wanted - sign.length, fill);
  });
}

/** `%3N` are milliseconds; `%_N` has blanks for the zeros behind. */
function fraction(digits: string, flags: string, width: string): string {
  const count = width === "" ? 9 : Math.min(Number(width), MOST_WIDTH);
  const text = digits.slice(0, count).padEnd(count, "0");
  return flags.includes("_") ? text.replace(/(?<=.)0+$/, (zeros) => " ".repeat(zeros.length)) : text;
}
