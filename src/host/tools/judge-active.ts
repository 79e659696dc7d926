import { type Fault, fault } from "../../contract/fault.ts";
import type { StateReader } from "../../contract/state.ts";
import { DAMAGED, DamagedRow } from "../../kernel/rows.ts";
import type { VersionRecord } from "../../kernel/tools/records.ts";
import { type StandingRules, standingProblem } from "../../kernel/tools/standing.ts";
import { activeVersions } from "../../kernel/tools/versions.ts";
import { nameProblem, TakenNames } from "../../trust/names.ts";
import { type Lock, lockProblem } from "./lock-file.ts";
import { quarantined } from "./quarantined.ts";

/** By what a host lets deployed tools run. */
export interface ActiveRules {
  /** Names of what ships. */
  readonly shipped: Iterable<string>;
  readonly rules: StandingRules;
  /** The locks of the host's roots, as they are now. */
  readonly locks: readonly Lock[];
}

/** A tool that has an active version. */
export interface JudgedTool {
  readonly name: string;
  /** Absent where it cannot be read. */
  readonly record?: VersionRecord;
  /** Why it does not run, with what would settle it; absent where rows, names and locks say nothing against it. */
  readonly reason?: Fault;
}

/**
 * Says of each tool with an active version whether a host with these rules lets it run, by what the state says of it, the
 * locks of its projects, and its name beside those of all others. Looks neither at signatures nor at modules.
 */
export function judgeActive(state: StateReader, { shipped, rules, locks }: ActiveRules): readonly JudgedTool[] {
  const taken = new TakenNames(shipped);
  return activeVersions(state).map(({ name, record }): JudgedTool => {
    if (record === DAMAGED) return { name, reason: damaged(name) };
    const reason = problemOf(state, name, record, rules, locks, taken);
    taken.add(name);
    return { name, record, ...(reason && { reason }) };
  });
}

function problemOf(
  state: StateReader,
  name: string,
  record: VersionRecord,
  rules: StandingRules,
  locks: readonly Lock[],
  taken: TakenNames,
): Fault | undefined {
  const { version } = record;
  for (const lock of locks) {
    const unpinned = lockProblem(lock, name, record);
    if (unpinned !== undefined) return fault("trust", "tool-quarantined", unpinned, { tool: name, version });
  }
  try {
    const problem = standingProblem(state, name, record, rules);
    if (problem !== undefined) return fault("trust", "tool-quarantined", problem, { tool: name, version });
  } catch (error) {
    if (error instanceof DamagedRow) return damaged(name);
    throw error;
  }
  // Whether what is in the family of the shell is a saved command is said by its manifest, and held to it before it runs.
  const clash = nameProblem(name, taken, true);
  return clash === undefined ? undefined : quarantined(name, record, clash);
}

/** The fault of a tool whose rows cannot be read. */
export const damaged = (name: string): Fault =>
  fault(
    "trust",
    "tool-quarantined",
    `${name} does not run: its rows are damaged: run tollgate doctor, and restore the state directory from a backup`,
    { tool: name },
  );
