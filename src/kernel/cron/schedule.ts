import { Cron } from "croner";
import type { Fault } from "../../contract/fault.ts";
import { refused } from "../fault.ts";
import type { JobRecord } from "../records.ts";

/** When a job fires: one of both, as in its record. */
export type Timing = Pick<JobRecord, "interval_secs" | "schedule">;

/** Ten years. */
const MOST_INTERVAL_SECS = 315_360_000;
const SCHEDULE_CHARACTERS = 128;
/** A job that fires more often than this is told so. */
const OFTEN_MS = 10_000;

/**
 * What is wrong with a timing, or when it fires first after `now`, both in milliseconds since the Unix epoch. Refuses what
 * never fires as `schedule-never-fires`.
 */
export function firstFiring(timing: Timing, now: number): number | Fault {
  const { interval_secs: interval, schedule } = timing;
  if ((interval === undefined) === (schedule === undefined)) {
    return refused("schedule-invalid", "a job has either interval_secs or schedule: give one of them");
  }
  if (interval !== undefined) {
    return Number.isSafeInteger(interval) && interval >= 1 && interval <= MOST_INTERVAL_SECS
      ? now + interval * 1000
      : refused("schedule-invalid", `interval_secs is not a whole number from 1 to ${MOST_INTERVAL_SECS}`);
  }
  const parsed = parse(schedule as string);
  if ("code" in parsed) return parsed;
  return (
    next(parsed, now) ??
    refused("schedule-never-fires", `there is no date that ${schedule} stands for: look at its day and its month`)
  );
}

/**
 * When a job fires next after `now`; undefined where it never does. `planned` is a firing of it, from which intervals are
 * counted, so that a job every minute stays at its second. Takes as long for a pause of years as for one of seconds.
 */
export function nextFiring(timing: Timing, planned: number, now: number): number | undefined {
  const { interval_secs: interval, schedule } = timing;
  if (interval !== undefined) return planned + (missedIntervals(interval, planned, now) + 1) * interval * 1000;
  const parsed = parse(schedule ?? "");
  return "code" in parsed ? undefined : next(parsed, now);
}

/**
 * How many firings lie behind `planned` and not after `now`. Exact for an interval; for an expression 1 where there is any,
 * because counting them would take as long as the pause was.
 */
export function firingsBetween(timing: Timing, planned: number, now: number): number {
  if (timing.interval_secs !== undefined) return Math.max(0, missedIntervals(timing.interval_secs, planned, now));
  const after = nextFiring(timing, planned, planned);
  return after !== undefined && after <= now ? 1 : 0;
}

/** What the one who adds a job should know of its timing. */
export function timingWarning(timing: Timing, first: number): string | undefined {
  const second = nextFiring(timing, first, first);
  if (second === undefined || second - first >= OFTEN_MS) return undefined;
  return `it fires every ${(second - first) / 1000} s, and each firing is recorded: a longer interval is cheaper`;
}

function missedIntervals(interval: number, planned: number, now: number): number {
  return Math.max(-1, Math.floor((now - planned) / (interval * 1000)));
}

function next(cron: Cron, after: number): number | undefined {
  const known = lastAnswer.get(cron);
  if (known !== undefined && known.after <= after && after < known.next) return known.next;
  const found = cron.nextRun(new Date(after))?.getTime();
  if (found !== undefined) lastAnswer.set(cron, { after, next: found });
  return found;
}

/** What follows a moment follows every later one up to it; jobs are judged far more often than they fire. */
const lastAnswer = new WeakMap<Cron, { readonly after: number; readonly next: number }>();

/** Parsed expressions; a job is asked again and again. Bounded by clearing. */
const parsedBefore = new Map<string, Cron>();

function parse(schedule: string): Cron | Fault {
  const known = parsedBefore.get(schedule);
  if (known !== undefined) return known;
  if (schedule.length > SCHEDULE_CHARACTERS) {
    return refused(
      "schedule-invalid",
      `the schedule has ${schedule.length} characters, at most ${SCHEDULE_CHARACTERS}`,
    );
  }
  const text = schedule.trim();
  if (!text.startsWith("@") && !/^\S+(\s+\S+){4,5}$/.test(text)) {
    return refused(
      "schedule-invalid",
      "the schedule is not 5 fields (minute hour day month weekday), or 6 with seconds in front, or a word such as @daily",
    );
  }
  try {
    const cron = new Cron(text, { timezone: "UTC", paused: true, mode: "5-or-6-parts" });
    if (parsedBefore.size >= 512) parsedBefore.clear();
    parsedBefore.set(schedule, cron);
    return cron;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return refused("schedule-invalid", `the schedule cannot be read: ${detail.replace(/^\w+: /, "")}`);
  }
}
