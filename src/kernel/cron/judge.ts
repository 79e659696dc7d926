import { isWithinPath } from "../../contract/capabilities.ts";
import type { StateReader } from "../../contract/state.ts";
import type { JobRecord } from "../records.ts";
import { DAMAGED, type Damaged, lookAtRow } from "../rows.ts";
import { nextFiring } from "./schedule.ts";

/** What becomes of the firing of a job that nobody ran in time, because no host was there: it is left out, or one makes up for all. */
export type CatchUp = "skip" | "once";

/** Later than this a firing counts as missed. */
export const LATE_MS = 60_000;
/** A clock that is set back by no more than this was corrected by a little: nothing is planned anew, so nothing fires twice. */
const SET_BACK_MS = 60_000;

/** The part of a host that matters to which jobs it takes, and how. */
export interface JobHost {
  readonly hostId: string;
  readonly roots: readonly string[];
  readonly catchUp: CatchUp;
}

/**
 * What is to be done about a job now. `fire`: it is due. `skip`: it was due too long ago. `release`: the host that ran it is
 * gone. `replan`: the clock was set back, and it would wait for as long. `remove`: its owner is an agent that has exited.
 */
export type Step = "fire" | "skip" | "release" | "replan" | "remove";

/** Judges the same job alike in a look and in the change that acts on it. A host that is dead stays so. */
export function judge(
  state: StateReader,
  job: JobRecord,
  time: number,
  host: JobHost,
  isDead: (hostId: string) => boolean,
): Step | undefined {
  const owner = ownerOf(state, job);
  if (owner === DAMAGED) return undefined; // it runs as its owner, of which nothing is known: it waits until that is settled
  if (owner === "gone") return "remove";
  if (job.running !== undefined) return isDead(job.running.host) ? "release" : undefined;
  if (job.next === undefined || !mayRunOn(job, host.roots)) return undefined;
  if (job.next <= time) return host.catchUp === "skip" && time - job.next > LATE_MS ? "skip" : "fire";
  // Further ahead than it would be planned even then: it was planned by a clock that has been set back since.
  const later = time + SET_BACK_MS;
  const planned = nextFiring(job, later, later);
  return planned !== undefined && planned < job.next ? "replan" : undefined;
}

/** Whether a host has all the roots of the one that the job was added on. */
export function mayRunOn(job: JobRecord, roots: readonly string[]): boolean {
  return job.roots.every((root) => roots.some((own) => isWithinPath(own, root)));
}

function ownerOf(state: StateReader, job: JobRecord): "there" | "gone" | Damaged {
  if (job.capabilities === undefined || job.owner_pid === 0) return "there";
  const owner = lookAtRow(state, "agent", job.owner_pid);
  if (owner === DAMAGED) return DAMAGED;
  return owner === undefined || owner.state === "exited" ? "gone" : "there";
}
