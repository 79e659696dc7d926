import { milliseconds } from "../../../script/guest/files.ts";

/** A file's time to the nanosecond, as a date: its own methods see milliseconds, comparisons microseconds. */
export class FileTime extends Date {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    super(Number(nanoseconds / 1_000_000n));
    this.nanoseconds = nanoseconds;
  }

  override getTime(): number {
    return milliseconds(this.nanoseconds);
  }

  override valueOf(): number {
    return this.getTime();
  }
}

/** The time of a link itself, and not of what it leads to. */
export class LinkTime extends FileTime {}

/** Nanoseconds since the epoch; none before it, as in WASI. */
export function nanosecondsOf(time: Date): bigint {
  if (time instanceof FileTime) return time.nanoseconds;
  const whole = Math.floor(time.getTime());
  return whole > 0 ? BigInt(whole) * 1_000_000n : 0n;
}
