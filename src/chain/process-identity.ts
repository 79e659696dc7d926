import { readFileSync } from "node:fs";

/** What tells one process from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Empty where the system does not tell. */
  readonly born: string;
}

export const ownIdentity = (): ProcessIdentity => ({ pid: process.pid, born: birthOf(process.pid) ?? "" });

/** Whether this very process is there; a number that is none is nobody's. */
export function isRunning({ pid, born }: ProcessIdentity): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return born === "" || birthOf(pid) === born;
}

/** When the process started, as Linux tells it (proc_pid_stat(5), field 22), with the boot; undefined elsewhere. */
function birthOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined; // dead, and not yet waited for
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}
