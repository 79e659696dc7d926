import type { JsonObject } from "../../contract/json.ts";
import type { JobRecord } from "../records.ts";

const time = (ms: number) => new Date(ms).toISOString();

/** A job as its owner sees it. Times are RFC 3339. */
export function jobDocument(job: JobRecord): JsonObject {
  return {
    id: job.id,
    name: job.name,
    ...(job.interval_secs !== undefined && { interval_secs: job.interval_secs }),
    ...(job.schedule !== undefined && { schedule: job.schedule }),
    command: job.command,
    ...(job.target_pid !== undefined && { target_pid: job.target_pid }),
    owner: job.owner,
    created: time(job.created),
    ...(job.next !== undefined && { next: time(job.next) }),
    ...(job.last !== undefined && { last: time(job.last) }),
    running: job.running !== undefined,
    runs: job.runs,
    failures: job.failures,
    skipped: job.skipped,
    ...(job.last_error !== undefined && { last_error: job.last_error }),
  };
}

/** What stands for a job that cannot be read, until it is removed. It never fires. */
export function damagedJob(id: number): JsonObject {
  return {
    id,
    name: "",
    command: "",
    owner: "",
    running: false,
    runs: 0,
    failures: 0,
    skipped: 0,
    last_error: `state-damaged: job ${id} is damaged and does not fire: remove it, then add it anew`,
  };
}
