import { type Fault, isFault } from "../../contract/fault.ts";
import type { Ledger } from "../../contract/ledger.ts";
import { refused } from "../fault.ts";
import type { JobRecord } from "../records.ts";
import { soundRows } from "../rows.ts";
import type { Signals } from "../signals.ts";
import { type JobHost, judge, mayRunOn, type Step } from "./judge.ts";
import { finishRun, refuseFiring, type StepOptions, takeStep } from "./steps.ts";

export interface SchedulerOptions extends JobHost, Pick<StepOptions, "mayReach"> {
  readonly ledger: Ledger;
  readonly signals: Signals;
  /** The ledger's clock. */
  readonly clock: () => number;
  /**
   * Runs the command as the owner of the job, with what the job holds, through the gate. Answers why it failed; undefined
   * where it did not. The signal is aborted when the host ends.
   */
  readonly runCommand: (job: JobRecord, signal: AbortSignal) => Promise<Fault | undefined>;
  /** Calls back once, after so many milliseconds, unless the answered function is called before; does not hold the process. */
  readonly timer?: (ms: number, callback: () => void) => () => void;
}

/** Fires jobs when they are due. */
export interface Scheduler {
  /** Looks at all jobs now, and answers when what was due has been fired; not when it has ended. Never rejects. */
  look(): Promise<void>;
  /** Fires nothing more, ends what runs, and answers when that is recorded. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Most jobs that run on one host at a time; others that are due wait, or another host takes them. */
const MOST_RUNNING = 8;
/** The clock may be set, and a timer does not know; so jobs are looked at as often as this. */
const LONGEST_WAIT_MS = 30_000;
/** A host that runs a job may be gone by then. */
const OTHER_HOSTS_MS = 10_000;
/** After a change could not be recorded. */
const RETRY_MS = 1000;

/**
 * Starts to fire the jobs of a state directory, of which several hosts may each have a scheduler: every firing is a change
 * that looks again, so one of them wins. One timer waits for the nearest job.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { ledger, signals, clock, timer = unreferencedTimer } = options;
  const running = new Map<number, { readonly abort: AbortController; readonly ended: Promise<void> }>();
  const dead = new Set<string>(); // a host id is never used again
  const steps: StepOptions = { ...options, isDead: (host) => dead.has(host) };
  let cancelTimer = () => {};
  let looking: Promise<void> | undefined;
  let again = false;
  let closed = false;

  const look = (): Promise<void> => {
    again = true;
    looking ??= (async () => {
      let wait = LONGEST_WAIT_MS;
      while (again && !closed) {
        again = false;
        wait = await once().catch(() => RETRY_MS); // a row that cannot be read: other parts of the host say so
      }
      looking = undefined;
      cancelTimer();
      if (!closed) cancelTimer = timer(Math.max(1, wait), look);
    })();
    return looking;
  };

  /** One look; answers how long nothing is to be done. */
  const once = async (): Promise<number> => {
    let failed = false;
    for (const { job, step } of whatIsDue()) {
      if (closed) break;
      if (step === "fire" && job.target_pid === undefined && running.size >= MOST_RUNNING) continue;
      failed = !(await take(job)) || failed;
    }
    return failed ? RETRY_MS : untilNext();
  };

  const whatIsDue = (): { job: JobRecord; step: Step }[] => {
    const time = clock();
    const jobs = ledger.read((state) => soundRows(state, "job").map(({ row }) => row));
    for (const { running: run } of jobs) {
      if (run !== undefined && !dead.has(run.host) && run.host !== options.hostId && !ledger.isAlive(run.host))
        dead.add(run.host);
    }
    return ledger.read((state) =>
      jobs.flatMap((job) => {
        const step = judge(state, job, time, options, steps.isDead);
        return step === undefined ? [] : [{ job, step }];
      }),
    );
  };

  /** False where it could not be recorded. */
  const take = async ({ id }: JobRecord): Promise<boolean> => {
    const done = await ledger.commit(takeStep(id, steps), "committed");
    if (isFault(done)) {
      if (done.layer === "chain") return false;
      return !isFault(await ledger.commit(refuseFiring(id, done, steps), "committed"));
    }
    const { value } = done;
    if (value.kind === "mail") signals.tell({ kind: "mail", pid: value.pid });
    if (value.kind === "run") start(value.job);
    return true;
  };

  const start = (job: JobRecord) => {
    const abort = new AbortController();
    if (closed) abort.abort();
    running.set(job.id, { abort, ended: run(job, abort.signal) });
  };

  const run = async (job: JobRecord, signal: AbortSignal): Promise<void> => {
    let reason: Fault | undefined;
    try {
      reason = await options.runCommand(job, signal);
    } catch {
      reason = refused("internal", "the command could not be run");
    }
    while (isFault(await ledger.commit(finishRun(job, reason), "committed")) && !closed) {
      await new Promise<void>((resolve) => timer(RETRY_MS, resolve));
    }
    running.delete(job.id);
    look();
  };

  const untilNext = (): number => {
    const time = clock();
    let wait = LONGEST_WAIT_MS;
    for (const { row: job } of ledger.read((state) => soundRows(state, "job"))) {
      if (job.running !== undefined) {
        if (job.running.host !== options.hostId) wait = Math.min(wait, OTHER_HOSTS_MS);
      } else if (job.next !== undefined && mayRunOn(job, options.roots)) {
        const isFull = job.target_pid === undefined && running.size >= MOST_RUNNING;
        if (!isFull) wait = Math.min(wait, job.next - time);
      }
    }
    return wait;
  };

  const stopListening = signals.listen(({ kind }) => {
    if (kind === "jobs" || kind === "agents" || kind === "elsewhere") look();
  });
  look();
  return {
    look,
    async close() {
      closed = true;
      stopListening();
      cancelTimer();
      await looking;
      cancelTimer();
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

function unreferencedTimer(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
