import { holdsTool } from "../../contract/capabilities.ts";
import { type Fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { Ledger } from "../../contract/ledger.ts";
import type { StateReader, StateTransaction } from "../../contract/state.ts";
import type { Caller } from "../caller.ts";
import { refused } from "../fault.ts";
import type { KernelTools } from "../kernel-tool.ts";
import type { JobRecord } from "../records.ts";
import { count, DAMAGED, type Damaged, lookAtRow, lookAtRows, removeRow, writeRow } from "../rows.ts";
import type { Signals } from "../signals.ts";
import { mutated } from "../tree/mutations.ts";
import { COMMAND_BYTES, parseCommand } from "./command.ts";
import { damagedJob, jobDocument } from "./job-document.ts";
import { firstFiring, timingWarning } from "./schedule.ts";

/** Most jobs on one state directory, and of one agent. */
export const MOST_JOBS = 256;
export const MOST_JOBS_OF_AN_AGENT = 32;

const JOB_NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

export interface CronToolOptions {
  readonly ledger: Ledger;
  readonly signals: Signals;
  readonly hostId: string;
  /** Of this host. */
  readonly roots: readonly string[];
  readonly hasTool: (name: string) => boolean;
  /** Why the sender may not send to the pid, or that it is not there; asked when the job is added and each time it fires. */
  readonly mayReach: (state: StateReader, sender: Caller, pid: number) => Fault | undefined;
}

/** `sys.cron.add`, `sys.cron.list` and `sys.cron.remove`. A name is unique among the jobs of one owner. */
export function cronTools(options: CronToolOptions): KernelTools {
  const { ledger, signals } = options;
  return {
    async "sys.cron.add"(caller, args) {
      const wrong = commandProblem(options, caller, args);
      if (wrong !== undefined) return wrong;
      const done = await ledger.commit((state) => addJob(options, state, caller, args), "committed");
      if (isFault(done)) return done;
      signals.tell({ kind: "jobs" });
      const warning = timingWarning(done.value, done.value.next as number);
      return { ...jobDocument(done.value), ...(warning !== undefined && { warning }) };
    },
    "sys.cron.list": (caller) => {
      const rows = ledger.read((state) => lookAtRows(state, "job"));
      const jobs = rows
        .filter(({ row }) => maySee(caller, row))
        .map(({ key, row }) => (row === DAMAGED ? damagedJob(Number(key[0])) : jobDocument(row)));
      return { jobs, count: jobs.length };
    },
    async "sys.cron.remove"(caller, args) {
      const id = args.id as number;
      const done = await ledger.commit((state) => {
        const job = Number.isSafeInteger(id) && id >= 0 ? lookAtRow(state, "job", id) : undefined;
        if (job === undefined || !maySee(caller, job)) {
          return refused("job-not-found", `there is no job ${id}: list the jobs that there are`, { id });
        }
        removeJob(state, job === DAMAGED ? { id, name: "" } : job, job === DAMAGED ? "damaged" : "asked");
        return null;
      }, "committed");
      if (isFault(done)) return done;
      signals.tell({ kind: "jobs" });
      return { removed: true, job_id: id };
    },
  };
}

/** Takes a job away in the hands of a change. A run of it that goes on is not ended, and changes nothing any more. */
export function removeJob(state: StateTransaction, job: Pick<JobRecord, "id" | "name">, reason: string): void {
  removeRow(state, "job", job.id);
  mutated(state, "cron");
  state.event({ source: "kernel", kind: "cron.removed", payload: { job_id: job.id, name: job.name, reason } });
}

/** An agent deals with its own jobs only; a client and an operator with all, also with those that are damaged. */
function maySee(caller: Caller, job: JobRecord | Damaged): boolean {
  return caller.capabilities === undefined || (job !== DAMAGED && job.owner === caller.principal);
}

/** What can be said of a command without the state. */
function commandProblem({ hasTool }: CronToolOptions, caller: Caller, args: JsonObject): Fault | undefined {
  const { name, command } = args as { name: string; command: string };
  if (!JOB_NAME.test(name)) {
    return refused(
      "invalid-name",
      "the name of a job is 1 to 64 letters, digits, _, ., : and -, from a letter or digit on",
    );
  }
  const bytes = Buffer.byteLength(command);
  if (bytes > COMMAND_BYTES) {
    return refused("command-invalid", `the command has ${bytes} bytes, at most ${COMMAND_BYTES}`, {
      limit: COMMAND_BYTES,
    });
  }
  if (args.target_pid !== undefined) return undefined;
  const call = parseCommand(command);
  if (isFault(call)) return call;
  if (!hasTool(call.tool)) {
    return refused("tool-unknown", `there is no tool ${call.tool.slice(0, 100)}: list the tools that there are`);
  }
  return caller.capabilities === undefined || holdsTool(caller.capabilities.tools, call.tool)
    ? undefined
    : refused("permission-denied", `${caller.principal} does not hold the tool ${call.tool}`);
}

function tableFull(who: string, limit: number): Fault {
  return refused("cron-table-full", `${who} ${limit} jobs, the limit: remove one first`, { limit });
}

function addJob(
  options: CronToolOptions,
  state: StateTransaction,
  caller: Caller,
  args: JsonObject,
): JobRecord | Fault {
  const timing = {
    ...(args.interval_secs !== undefined && { interval_secs: args.interval_secs as number }),
    ...(args.schedule !== undefined && { schedule: args.schedule as string }),
  };
  const next = firstFiring(timing, state.time);
  if (isFault(next)) return next;
  const name = args.name as string;
  const target = args.target_pid as number | undefined;
  const jobs = lookAtRows(state, "job").map(({ row }) => row);
  const own = jobs.filter((job): job is JobRecord => job !== DAMAGED && job.owner === caller.principal);
  const same = own.find((job) => job.name === name);
  if (same !== undefined) {
    return refused("job-exists", `job ${same.id} has the name ${name}: remove it first, or take another name`, {
      id: same.id,
    });
  }
  if (jobs.length >= MOST_JOBS) return tableFull("there are", MOST_JOBS);
  if (caller.capabilities !== undefined && own.length >= MOST_JOBS_OF_AN_AGENT) {
    return tableFull(`${caller.principal} has`, MOST_JOBS_OF_AN_AGENT);
  }
  const unreachable = target === undefined ? undefined : options.mayReach(state, caller, target);
  if (unreachable !== undefined) return unreachable;
  const job: JobRecord = {
    id: count(state, "job"),
    name,
    ...timing,
    command: args.command as string,
    ...(target !== undefined && { target_pid: target }),
    owner: caller.principal,
    owner_pid: caller.pid,
    ...(caller.pid === 0 && { owner_host: caller.home ?? options.hostId }),
    ...(caller.capabilities !== undefined && { capabilities: caller.capabilities }),
    roots: options.roots,
    created: state.time,
    next,
    runs: 0,
    failures: 0,
    skipped: 0,
  };
  writeRow(state, "job", [job.id], job);
  mutated(state, "cron");
  const payload = {
    job_id: job.id,
    name,
    owner: job.owner,
    ...timing,
    ...(target !== undefined && { target_pid: target }),
    bytes: Buffer.byteLength(job.command),
  };
  state.event({ source: "kernel", kind: "cron.added", payload });
  return job;
}
