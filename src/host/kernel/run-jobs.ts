import { fault, isFault } from "../../contract/fault.ts";
import type { Agents } from "../../kernel/agents/agents.ts";
import { parseCommand } from "../../kernel/cron/command.ts";
import type { SchedulerOptions } from "../../kernel/cron/scheduler.ts";
import { jobPrincipal } from "./principals.ts";
import type { Run } from "./run.ts";

/**
 * Runs the commands of jobs: each is one call through the gate as whoever added the job, with what the job holds, and out of
 * its owner's minute where that is an agent. Nobody can be asked.
 */
export function runJobs(run: Run, agents: Agents): SchedulerOptions["runCommand"] {
  return async (job, signal) => {
    const principal = jobPrincipal(job);
    if (principal === undefined) return fault("host", "internal", `job ${job.id} has no owner that can call`);
    const command = parseCommand(job.command);
    if (isFault(command)) return command;
    const { pid = 0 } = principal;
    const refused = pid === 0 ? undefined : agents.admitCall(pid);
    if (refused !== undefined) return refused;
    const answer = await run({ principal, ...command, signal, canAsk: false });
    if (answer.kind === "result") return undefined;
    return answer.kind === "fault"
      ? answer.fault
      : fault("gate", "approval-required", "a person would have to approve it, and nobody can be asked");
  };
}
