// What a date is written with: an offset from UTC in minutes, and the calendar at it.
import { Failure } from "./command.ts";
import { quoted } from "./file-names.ts";

const MINUTE_MS = 60_000;

/** A moment: nanoseconds since the epoch, and minutes that clocks where it is told are ahead of UTC. */
export interface Moment {
  readonly nanoseconds: bigint;
  readonly zone: Zone;
}

export interface Zone {
  readonly minutes: number;
  readonly name: string;
}

export const UTC: Zone = { minutes: 0, name: "UTC" };

/**
 * The zone that `TZ` says: a POSIX one without summer time (`EST5`, `<+03>-3`), UTC under any of its names. Undefined for
 * one that has to be looked up: there are no tables of zones here.
 */
export function zoneOf(text: string | undefined): Zone | undefined {
  const name = (text ?? "").replace(/^:/, "");
  if (/^(|(Etc\/)?(UTC|UCT|GMT|Universal|Zulu|Greenwich)(0)?|GMT[+-]0)$/.test(name))
    return { minutes: 0, name: /GMT|Greenwich/.test(name) ? "GMT" : "UTC" };
  const posix = /^(?:<([\w+-]{3,})>|([A-Za-z]{3,}))([+-]?)(\d{1,2})(?::(\d\d))?$/.exec(name);
  if (posix === null) return undefined;
  const [, own, bare, sign, hours, minutes = "0"] = posix;
  const west = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  return { minutes: west === 0 ? 0 : -west, name: own ?? bare ?? "" };
}

/** The zone of a command, or a failure that says which can be had. */
export function zoneHere(text: string | undefined): Zone {
  const zone = zoneOf(text);
  if (zone !== undefined) return zone;
  throw new Failure(`the time zone ${quoted(text ?? "")} is not known here: use UTC or an offset, as UTC-2 for +02:00`);
}

/** A moment's calendar, as the UTC fields of a date. */
export function calendarOf({ nanoseconds, zone }: Moment): Date {
  const seconds = floored(nanoseconds, 1_000_000_000n);
  return new Date(Number(seconds) * 1000 + zone.minutes * MINUTE_MS);
}

/** Division that goes down below zero too. */
export function floored(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** Nanoseconds behind the whole second. */
export function fractionOf(nanoseconds: bigint): bigint {
  return nanoseconds - floored(nanoseconds, 1_000_000_000n) * 1_000_000_000n;
}
