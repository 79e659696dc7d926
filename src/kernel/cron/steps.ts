import { type Fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { Change, StateReader, StateTransaction } from "../../contract/state.ts";
import type { Caller } from "../caller.ts";
import { refused } from "../fault.ts";
import { route } from "../ipc/send.ts";
import type { JobRecord } from "../records.ts";
import { DAMAGED, lookAtRow, readRow, writeRow } from "../rows.ts";
import { removeJob } from "./cron-tools.ts";
import { type JobHost, judge } from "./judge.ts";
import { firingsBetween, nextFiring } from "./schedule.ts";

/** What came of one look at a job: `run` it now, a message is on its way to `mail`, or nothing more is to be done. */
export type Taken =
  | { readonly kind: "run"; readonly job: JobRecord }
  | { readonly kind: "mail"; readonly pid: number }
  | { readonly kind: "none" };

export interface StepOptions extends JobHost {
  readonly mayReach: (state: StateReader, sender: Caller, pid: number) => Fault | undefined;
  /** Hosts that were seen to be gone. */
  readonly isDead: (hostId: string) => boolean;
}

const NONE: Taken = { kind: "none" };
const ERROR_CHARACTERS = 300;

/**
 * Does what is to be done about a job at the time of the change, if anything still is: so of several hosts that look at the
 * same moment, one fires it. A fault is why its message could not be delivered; then {@link refuseFiring} is due.
 */
export function takeStep(id: number, options: StepOptions): Change<Taken> {
  return (state) => {
    const job = lookAtRow(state, "job", id);
    if (job === DAMAGED) return NONE;
    const step = job && judge(state, job, state.time, options, options.isDead);
    if (job === undefined || step === undefined) return NONE;
    switch (step) {
      case "remove":
        removeJob(state, job, "owner-exited");
        return NONE;
      case "release":
        endRun(state, job, refused("host-lost", `the host ${job.running?.host} that ran it is gone`));
        return NONE;
      case "replan":
        writeJob(state, withNext(job, nextFiring(job, state.time, state.time)));
        state.event({ source: "kernel", kind: "cron.planned", payload: { job_id: id, reason: "clock-set-back" } });
        return NONE;
      case "skip":
        leaveOut(state, job, "missed");
        return NONE;
      case "fire":
        return fire(state, job, options);
    }
  };
}

/** Records a firing whose message could not be delivered, if the job is still due. */
export function refuseFiring(id: number, reason: Fault, options: StepOptions): Change<null> {
  return (state) => {
    const job = readRow(state, "job", id);
    if (job === undefined || judge(state, job, state.time, options, options.isDead) !== "fire") return null;
    endRun(state, startRun(state, job, options.hostId, {}), reason);
    return null;
  };
}

/** Records how a run ended. What was due meanwhile is left out, and counted. */
export function finishRun(started: JobRecord, reason: Fault | undefined): Change<null> {
  return (state) => {
    const found = lookAtRow(state, "job", started.id);
    const job = found === DAMAGED ? undefined : found;
    const { running } = started;
    if (running === undefined || job?.running?.host !== running.host || job.running.since !== running.since) {
      state.event(ended(started, reason)); // removed or damaged meanwhile
      return null;
    }
    endRun(state, job, reason);
    const now = readRow(state, "job", job.id) as JobRecord;
    if (now.next !== undefined && now.next <= state.time) leaveOut(state, now, "running");
    return null;
  };
}

function fire(state: StateTransaction, job: JobRecord, options: StepOptions): Taken | Fault {
  if (job.target_pid === undefined) return { kind: "run", job: startRun(state, job, options.hostId, {}) };
  const pid = job.target_pid;
  const sender = {
    principal: job.owner,
    pid: job.owner_pid,
    ...(job.capabilities !== undefined && { capabilities: job.capabilities }),
  };
  const unreachable = options.mayReach(state, sender, pid);
  if (unreachable !== undefined) return unreachable;
  const due = new Date(job.next ?? state.time).toISOString();
  const sending = {
    from: `job:${job.id}`,
    from_pid: 0,
    message: { command: job.command, job: { id: job.id, name: job.name, due } },
  };
  const routed = route(state, sending, { pid });
  if (isFault(routed)) return routed;
  const { running, ...done } = startRun(state, job, options.hostId, { msg_id: routed.msg_id });
  writeJob(state, done);
  return { kind: "mail", pid };
}

/** Marks the job as running here, and plans it anew from the clock: a long pause is one firing. */
function startRun(state: StateTransaction, job: JobRecord, hostId: string, more: JsonObject): JobRecord {
  const due = job.next ?? state.time;
  const skipped = firingsBetween(job, due, state.time);
  const started = {
    ...withNext(job, nextFiring(job, due, state.time)),
    last: state.time,
    running: { host: hostId, since: state.time },
    runs: job.runs + 1,
    skipped: job.skipped + skipped,
  };
  writeJob(state, started);
  const payload = { job_id: job.id, name: job.name, owner: job.owner, due, ...(skipped > 0 && { skipped }), ...more };
  state.event({ source: "kernel", kind: "cron.fired", payload });
  return started;
}

function endRun(state: StateTransaction, job: JobRecord, reason: Fault | undefined): void {
  const { running, last_error, ...rest } = job;
  const error = reason && { last_error: `${reason.code}: ${reason.message}`.slice(0, ERROR_CHARACTERS) };
  writeJob(state, { ...rest, failures: job.failures + (reason === undefined ? 0 : 1), ...error });
  state.event(ended(job, reason));
}

function ended(job: JobRecord, reason: Fault | undefined) {
  const payload = { job_id: job.id, ok: reason === undefined, ...(reason !== undefined && { code: reason.code }) };
  return { source: "kernel", kind: "cron.ended", payload };
}

function leaveOut(state: StateTransaction, job: JobRecord, reason: string): void {
  const due = job.next ?? state.time;
  const skipped = 1 + firingsBetween(job, due, state.time);
  writeJob(state, { ...withNext(job, nextFiring(job, due, state.time)), skipped: job.skipped + skipped });
  state.event({ source: "kernel", kind: "cron.skipped", payload: { job_id: job.id, skipped, reason } });
}

function withNext(job: JobRecord, at: number | undefined): JobRecord {
  const { next, ...rest } = job;
  return at === undefined ? rest : { ...rest, next: at };
}

function writeJob(state: StateTransaction, job: JobRecord): void {
  writeRow(state, "job", [job.id], job);
}
