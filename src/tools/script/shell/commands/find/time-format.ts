import { nanosecondsOf } from "../../file-time.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];
const DAY_MS = 86_400_000;
/** The digits behind a second, of which the file system knows nine. */
const FRACTION_DIGITS = 10;

const two = (value: number, fill = "0"): string => String(value).padStart(2, fill);

interface Calendar {
  readonly date: Date;
  readonly fraction: string;
  readonly seconds: bigint;
  readonly dayOfYear: number;
}

function calendar(time: Date): Calendar {
  const nanoseconds = nanosecondsOf(time);
  const date = new Date(Number(nanoseconds / 1_000_000n));
  return {
    date,
    fraction: String(nanoseconds % 1_000_000_000n)
      .padStart(9, "0")
      .padEnd(FRACTION_DIGITS, "0"),
    seconds: nanoseconds / 1_000_000_000n,
    dayOfYear: Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS),
  };
}

/** Year and week as ISO 8601 counts them. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  return { year, week: 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7) };
}

const clock = (date: Date): string => date.toISOString().slice(11, 19);
const day = (date: Date): string => date.toISOString().slice(0, 10);
const half = (date: Date): number => date.getUTCHours() % 12 || 12;
const shortDay = (date: Date): string => (DAYS[date.getUTCDay()] as string).slice(0, 3);
const shortMonth = (date: Date): string => (MONTHS[date.getUTCMonth()] as string).slice(0, 3);
const american = (date: Date): string =>
  `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${two(date.getUTCFullYear() % 100)}`;
const noon = (date: Date): string => (date.getUTCHours() < 12 ? "AM" : "PM");

const PARTS: Readonly<Record<string, (calendar: Calendar) => string>> = {
  "@": ({ seconds, fraction }) => `${seconds}.${fraction}`,
  s: ({ seconds }) => String(seconds),
  "+": ({ date, fraction }) => `${day(date)}+${clock(date)}.${fraction}`,
  T: ({ date, fraction }) => `${clock(date)}.${fraction}`,
  X: ({ date, fraction }) => `${clock(date)}.${fraction}`,
  S: ({ date, fraction }) => `${two(date.getUTCSeconds())}.${fraction}`,
  r: ({ date }) => `${two(half(date))}:${clock(date).slice(3)} ${noon(date)}`,
  R: ({ date }) => clock(date).slice(0, 5),
  H: ({ date }) => two(date.getUTCHours()),
  I: ({ date }) => two(half(date)),
  k: ({ date }) => two(date.getUTCHours(), " "),
  l: ({ date }) => two(half(date), " "),
  M: ({ date }) => two(date.getUTCMinutes()),
  p: ({ date }) => noon(date),
  P: ({ date }) => noon(date).toLowerCase(),
  Z: () => "UTC",
  z: () => "+0000",
  a: ({ date }) => shortDay(date),
  A: ({ date }) => DAYS[date.getUTCDay()] as string,
  b: ({ date }) => shortMonth(date),
  h: ({ date }) => shortMonth(date),
  B: ({ date }) => MONTHS[date.getUTCMonth()] as string,
  c: ({ date }) =>
    `${shortDay(date)} ${shortMonth(date)} ${two(date.getUTCDate(), " ")} ${clock(date)} ${date.getUTCFullYear()}`,
  C: ({ date }) => two(Math.floor(date.getUTCFullYear() / 100)),
  d: ({ date }) => two(date.getUTCDate()),
  e: ({ date }) => two(date.getUTCDate(), " "),
  D: ({ date }) => american(date),
  x: ({ date }) => american(date),
  F: ({ date }) => day(date),
  g: ({ date }) => two(isoWeek(date).year % 100),
  G: ({ date }) => String(isoWeek(date).year),
  V: ({ date }) => two(isoWeek(date).week),
  j: ({ dayOfYear }) => String(dayOfYear + 1).padStart(3, "0"),
  m: ({ date }) => two(date.getUTCMonth() + 1),
  u: ({ date }) => String(date.getUTCDay() || 7),
  w: ({ date }) => String(date.getUTCDay()),
  U: ({ date, dayOfYear }) => two(Math.floor((dayOfYear + 7 - date.getUTCDay()) / 7)),
  W: ({ date, dayOfYear }) => two(Math.floor((dayOfYear + 7 - ((date.getUTCDay() + 6) % 7)) / 7)),
  y: ({ date }) => two(date.getUTCFullYear() % 100),
  Y: ({ date }) => String(date.getUTCFullYear()),
  n: () => "\n",
  t: () => "\t",
};

/** What a letter behind %A, %C or %T stands for, in UTC; undefined for one that is none. */
export function timePart(letter: string, time: Date): string | undefined {
  return PARTS[letter]?.(calendar(time));
}

/** A time as %a, %c and %t write it. */
export function wholeTime(time: Date): string {
  const { date, fraction } = calendar(time);
  return `${shortDay(date)} ${shortMonth(date)} ${two(date.getUTCDate(), " ")} ${clock(date)}.${fraction} ${date.getUTCFullYear()}`;
}

export const isTimePart = (letter: string): boolean => Object.hasOwn(PARTS, letter);
