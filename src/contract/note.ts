/** Severity of a log line, least first; a guest names one by its index. */
export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How far a guest says that it is. Both figures are finite; what `total` counts is the guest's affair. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** At most 4 KiB of UTF-8. Written by the guest: hostile. */
  readonly message: string;
}

/** A line that a guest logged. */
export interface LogLine {
  readonly level: LogLevel;
  /** At most 4 KiB of UTF-8. Written by the guest: hostile. */
  readonly message: string;
  /** Only on the last line of a run that logged too much: how many lines were dropped. */
  readonly dropped?: number;
}
