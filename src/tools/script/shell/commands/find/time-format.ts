// Times as the formats of find have them: those of date, but for seconds with their fraction.
import { nanosecondsOf } from "../../file-time.ts";
import { formatted } from "../date-format.ts";
import { UTC } from "../date-parts.ts";

/** The digits behind a second, of which the file system knows nine. */
const FRACTION = "%N0";
const WITH_FRACTION: Readonly<Record<string, string>> = {
  "@": `%s.${FRACTION}`,
  "+": `%F+%T.${FRACTION}`,
  ...{ T: `%T.${FRACTION}`, X: `%T.${FRACTION}`, S: `%S.${FRACTION}` },
};
const AS_IN_DATE = /^[srRHIklMpPZzaAbhBcCdeDxFgGVjmuwUWyYnt]$/;

const shown = (format: string, time: Date): string =>
  formatted(format, { nanoseconds: nanosecondsOf(time), zone: UTC });

export const isTimePart = (letter: string): boolean => Object.hasOwn(WITH_FRACTION, letter) || AS_IN_DATE.test(letter);

/** What a letter behind %A, %C or %T that {@link isTimePart} knows stands for, in UTC. */
export function timePart(letter: string, time: Date): string {
  return shown(WITH_FRACTION[letter] ?? `%${letter}`, time);
}

/** A time as %a, %c and %t write it. */
export function wholeTime(time: Date): string {
  return shown(`%a %b %e %T.${FRACTION} %Y`, time);
}
