import { padded, put } from "./json-writer.ts";

/** Writes nanoseconds since the epoch as an RFC 3339 §5.6 text in UTC with milliseconds, without quotes. */
export function timestamp(nanoseconds: u64): void {
  const signed = <i64>nanoseconds;
  let milliseconds = signed / 1_000_000;
  if (milliseconds * 1_000_000 > signed) milliseconds--;
  let days = milliseconds / 86_400_000;
  if (days * 86_400_000 > milliseconds) days--;
  const inDay = milliseconds - days * 86_400_000;
  // Days to a civil date in eras of 400 years that start on 1 March (H. Hinnant, chrono-compatible algorithms).
  const shifted = <u64>(days + 719_468);
  const era = shifted / 146_097;
  const dayOfEra = shifted % 146_097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const fifth = (5 * dayOfYear + 2) / 153;
  const month = fifth < 10 ? fifth + 3 : fifth - 9;
  padded(era * 400 + yearOfEra + (month < 3 ? 1 : 0), 4);
  put(0x2d);
  padded(month, 2);
  put(0x2d);
  padded(dayOfYear - (153 * fifth + 2) / 5 + 1, 2);
  put(0x54);
  padded(inDay / 3_600_000, 2);
  put(0x3a);
  padded((inDay / 60_000) % 60, 2);
  put(0x3a);
  padded((inDay / 1000) % 60, 2);
  put(0x2e);
  padded(inDay % 1000, 3);
  put(0x5a);
}
