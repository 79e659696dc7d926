// Dates as people write them, as GNU's parse_datetime reads them.
import { DAYS, MONTHS } from "./date-format.ts";
import { calendarOf, fractionOf, type Moment } from "./date-parts.ts";

const MOST_LETTERS = 1000;
const BILLION = 1_000_000_000n;
const MOST_NANOSECONDS = 8_640_000_000_000_000n * 1_000_000n;

const SECONDS: Readonly<Record<string, number>> = { sec: 1, second: 1, min: 60, minute: 60, hour: 3600 };
const DAYS_OF: Readonly<Record<string, number>> = { day: 1, week: 7, fortnight: 14 };
const ORDINALS: Readonly<Record<string, number>> = {
  ...{ last: -1, this: 0, next: 1, first: 1, third: 3, fourth: 4, fifth: 5, sixth: 6, seventh: 7, eighth: 8 },
  ...{ ninth: 9, tenth: 10, eleventh: 11, twelfth: 12 },
};
const ZONES: Readonly<Record<string, number>> = {
  ...{ gmt: 0, ut: 0, utc: 0, z: 0, wet: 0, west: 60, bst: 60, cet: 60, cest: 120, met: 60, mest: 120, eet: 120 },
  ...{ eest: 180, msk: 180, ist: 330, jst: 540, nzst: 720, nzdt: 780, art: -180, brt: -180, brst: -120, ast: -240 },
  ...{ adt: -180, est: -300, edt: -240, cst: -360, cdt: -300, mst: -420, mdt: -360, pst: -480, pdt: -420 },
  ...{ akst: -540, akdt: -480, hst: -600, nst: -210, ndt: -150, sgt: 480 },
};

interface State {
  date?: { year?: number; month: number; day: number };
  time?: { hour: number; minute: number; second: number; nanoseconds: bigint };
  zone?: number;
  weekday?: { day: number; ordinal: number };
  relative: boolean;
  years: number;
  months: number;
  days: number;
  seconds: bigint;
  nanoseconds: bigint;
}

type Rule = readonly [pattern: RegExp, read: (match: RegExpExecArray, state: State) => boolean];

const index = (names: readonly string[], word: string): number =>
  word.length < 3 ? -1 : names.findIndex((name) => name.toLowerCase().startsWith(word.toLowerCase()));

function yearOf(text: string): number {
  const year = Number(text);
  return text.length <= 2 ? year + (year < 69 ? 2000 : 1900) : year;
}

function setDate(state: State, year: string | undefined, month: number, day: number): boolean {
  if (state.date !== undefined) return false;
  state.date = { ...(year !== undefined && { year: yearOf(year) }), month, day };
  return true;
}

function setTime(state: State, [hour, minute, second, fraction]: (string | undefined)[], half?: string): boolean {
  if (state.time !== undefined) return false;
  let hours = Number(hour);
  if (half !== undefined) {
    if (hours < 1 || hours > 12) return false;
    hours = (hours % 12) + (/^p/i.test(half) ? 12 : 0);
  }
  const [minutes, seconds] = [Number(minute ?? 0), Number(second ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return false;
  state.time = { hour: hours, minute: minutes, second: seconds, nanoseconds: nanosecondsIn(fraction) };
  return true;
}

const nanosecondsIn = (digits = ""): bigint => BigInt(digits.slice(0, 9).padEnd(9, "0"));

function setZone(state: State, minutes: number): boolean {
  if (state.zone !== undefined || Math.abs(minutes) > 1440) return false;
  state.zone = minutes;
  return true;
}

/** A to Z without J are zones of their own; `t` stands between a date and a time. */
function militaryZone(letter: string): number | undefined {
  const at = "abcdefghiklm".indexOf(letter);
  if (at >= 0) return (at + 1) * 60;
  const west = "nopqrs.uvwxy".indexOf(letter);
  return west >= 0 ? -(west + 1) * 60 : letter === "z" ? 0 : undefined;
}

function offset(sign: string, digits: string, minutes?: string): number {
  const all =
    minutes !== undefined
      ? Number(digits) * 60 + Number(minutes)
      : digits.length <= 2
        ? Number(digits) * 60
        : Math.floor(Number(digits) / 100) * 60 + (Number(digits) % 100);
  return sign === "-" ? -all : all;
}

function step(state: State, amount: number, unit: string): boolean {
  if (Math.abs(amount) > 1e9) return false;
  state.relative = true;
  const name = unit.toLowerCase();
  if (name === "year") state.years += amount;
  else if (name === "month") state.months += amount;
  else if (name in DAYS_OF) state.days += amount * (DAYS_OF[name] as number);
  else state.seconds += BigInt(amount) * BigInt(SECONDS[name] as number);
  return true;
}

const UNIT = "(year|month|fortnight|week|day|hour|minute|min|second|sec)s?";
const HALF = "([ap]\\.?m\\.?)";
const WORD = "(?![a-z])";

/** What can stand next in a date, the first that fits is taken. */
const RULES: readonly Rule[] = [
  [
    /^(\d{4,})-(\d{1,2})-(\d{1,2})(?!\d)(?:t(?=\d{1,2}:))?/,
    ([, y, m, d], state) => setDate(state, y, Number(m), Number(d)),
  ],
  [/^(\d{1,2})-(\d{1,2})-(\d{1,2})(?![\d:])/, ([, y, m, d], state) => setDate(state, y, Number(m), Number(d))],
  [/^(\d{4})\/(\d{1,2})\/(\d{1,2})(?!\d)/, ([, y, m, d], state) => setDate(state, y, Number(m), Number(d))],
  [/^(\d{1,2})\/(\d{1,2})(?:\/(\d{1,4}))?(?!\d)/, ([, m, d, y], state) => setDate(state, y, Number(m), Number(d))],
  [
    new RegExp(`^(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d+))?)?\\s*${HALF}${WORD}`),
    ([, h, m, s, f, half], state) => setTime(state, [h, m, s, f], half),
  ],
  [
    /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*([+-])\s*(\d{1,4})(?::(\d{2}))?(?!\d))?/,
    ([, h, m, s, f, sign, digits, minutes], state) =>
      setTime(state, [h, m, s, f]) && (sign === undefined || setZone(state, offset(sign, digits as string, minutes))),
  ],
  [new RegExp(`^(\\d{1,2})\\s*${HALF}${WORD}`), ([, h, half], state) => setTime(state, [h], half)],
  [
    /^(\d{1,9})(?:-|\s*)([a-z]{3,9})\.?(?:(?:-|\s*,?\s*)(\d{4}|\d{2}(?=-|\s|$))(?![\d:]))?(?![a-z])/,
    ([, d, name = "", y], state) => {
      const month = index(MONTHS, name === "sept" ? "sep" : name);
      return month >= 0 && setDate(state, y, month + 1, Number(d));
    },
  ],
  [
    /^([a-z]{3,9})\.?[\s-]*(\d{1,2})(?!\d|:)(?:(?:st|nd|rd|th)(?![a-z]))?(?:(?:\s*,\s*|-|\s+)(\d{4})(?![\d:]))?/,
    ([, name = "", d, y], state) => {
      const month = index(MONTHS, name === "sept" ? "sep" : name);
      return month >= 0 && setDate(state, y, month + 1, Number(d));
    },
  ],
  [
    new RegExp(`^([+-]?)\\s*(\\d{1,12})?\\s*${UNIT}${WORD}(\\s+ago${WORD})?`),
    ([, sign, count = "1", unit = "", ago], state) =>
      step(state, Number(count) * (sign === "-" ? -1 : 1) * (ago === undefined ? 1 : -1), unit),
  ],
  [
    new RegExp(`^(${Object.keys(ORDINALS).join("|")})\\s+${UNIT}${WORD}(\\s+ago${WORD})?`),
    ([, word = "", unit = "", ago], state) =>
      step(state, (ORDINALS[word] as number) * (ago === undefined ? 1 : -1), unit),
  ],
  [
    new RegExp(`^(?:(${Object.keys(ORDINALS).join("|")})\\s+)?([a-z]{3,9})\\.?,?${WORD}`),
    ([, word, name = ""], state) => {
      const short = { tues: "tue", wednes: "wed", thur: "thu", thurs: "thu" }[name] ?? name;
      const day = index(DAYS, short);
      if (day < 0 || state.weekday !== undefined) return false;
      state.weekday = { day, ordinal: word === undefined ? 0 : (ORDINALS[word] as number) };
      return true;
    },
  ],
  [
    /^(now|today|yesterday|tomorrow)(?![a-z])/,
    ([, word], state) => step(state, word === "yesterday" ? -1 : word === "tomorrow" ? 1 : 0, "day"),
  ],
  [
    /^(?:utc|gmt|z)\s*([+-])(\d{1,2})(?::?(\d{2}))?(?!\d)/,
    ([, sign = "", hours = "", minutes], state) => setZone(state, offset(sign, hours, minutes ?? "0")),
  ],
  [
    /^([a-z]{1,4})(?![a-z])/,
    ([, name = ""], state) => {
      const minutes = name.length === 1 ? militaryZone(name) : ZONES[name];
      return minutes !== undefined && setZone(state, minutes);
    },
  ],
  [/^(\d{4,5})(\d{2})(\d{2})(?!\d)/, ([, y, m, d], state) => setDate(state, y, Number(m), Number(d))],
  [
    /^(\d{1,4})(?!\d)/,
    ([, digits = ""], state) => {
      const { date } = state;
      if (
        date !== undefined &&
        date.year === undefined &&
        !state.relative &&
        (state.time !== undefined || digits.length > 2)
      ) {
        date.year = Number(digits);
        return true;
      }
      return digits.length <= 2 ? setTime(state, [digits]) : setTime(state, [digits.slice(0, -2), digits.slice(-2)]);
    },
  ],
];

/**
 * The moment that a text names, told from another; undefined for one that names none. What is not said is as it is now;
 * without a time a day begins at midnight.
 */
export function readDate(given: string, now: Moment): Moment | undefined {
  if (given.length > MOST_LETTERS) return undefined;
  let text = given.toLowerCase().trim();
  const seconds = /^@\s*([+-]?)(\d{1,15})(?:[.,](\d+))?$/.exec(text);
  if (seconds !== null) {
    const [, sign, whole = "0", fraction] = seconds;
    const size = BigInt(whole) * BILLION + nanosecondsIn(fraction);
    return withinReach(sign === "-" ? -size : size, now);
  }
  text = text.replace(/\([^()]*\)/g, " ").trim();
  const state: State = { relative: false, years: 0, months: 0, days: 0, seconds: 0n, nanoseconds: 0n };
  while (text !== "") {
    let taken = 0;
    for (const [pattern, read] of RULES) {
      const match = pattern.exec(text);
      if (match === null || !read(match, state)) continue;
      taken = match[0].length;
      break;
    }
    if (taken === 0) return undefined;
    text = text.slice(taken).replace(/^[\s,]+/, "");
  }
  return momentOf(state, now);
}

function momentOf(state: State, now: Moment): Moment | undefined {
  const zone = state.zone ?? now.zone.minutes;
  const today = calendarOf(now);
  const { date, time, weekday } = state;
  const [year, month, day] = [
    date?.year ?? today.getUTCFullYear(),
    (date?.month ?? today.getUTCMonth() + 1) - 1,
    date?.day ?? today.getUTCDate(),
  ];
  const wall = new Date(0);
  wall.setUTCFullYear(year, month, day);
  if (Number.isNaN(wall.getTime()) || wall.getUTCMonth() !== month || wall.getUTCDate() !== day) return undefined;
  let nanoseconds = 0n;
  if (time !== undefined) {
    wall.setUTCHours(time.hour, time.minute, time.second);
    nanoseconds = time.nanoseconds;
  } else if (state.relative && date === undefined && weekday === undefined) {
    wall.setUTCHours(today.getUTCHours(), today.getUTCMinutes(), today.getUTCSeconds());
    nanoseconds = fractionOf(now.nanoseconds);
  }
  if (weekday !== undefined && date === undefined) {
    const ahead = (weekday.day - wall.getUTCDay() + 7) % 7;
    const weeks = weekday.ordinal - (weekday.ordinal > 0 && ahead !== 0 ? 1 : 0);
    wall.setUTCDate(wall.getUTCDate() + ahead + 7 * weeks);
  }
  wall.setUTCFullYear(
    wall.getUTCFullYear() + state.years,
    wall.getUTCMonth() + state.months,
    wall.getUTCDate() + state.days,
  );
  const milliseconds = wall.getTime();
  if (Number.isNaN(milliseconds)) return undefined;
  const utc = BigInt(milliseconds) * 1_000_000n + nanoseconds - BigInt(zone) * 60n * BILLION;
  return withinReach(utc + state.seconds * BILLION, now);
}

function withinReach(nanoseconds: bigint, { zone }: Moment): Moment | undefined {
  return nanoseconds > MOST_NANOSECONDS || nanoseconds < -MOST_NANOSECONDS ? undefined : { nanoseconds, zone };
}
