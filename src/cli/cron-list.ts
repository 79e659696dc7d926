import type { JsonObject } from "../contract/json.ts";
import { type Command, EXIT } from "./command.ts";
import { withOperator } from "./operator-call.ts";
import { say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";
import { table } from "./table.ts";

/** Lists the jobs with when they fire next and how they went. */
export const cronList: Command = {
  spec: {
    name: "cron list",
    summary: "the jobs, when they fire next and how they went",
    usage: "[--json] [options]",
    details: `
Lists every job of this state directory. Jobs fire in the hosts that serve (tollgate serve), each
firing in one of them; while none runs, nothing fires, and the next host makes up for one firing
or none, as "cron.catchUp" in tollgate.json says.`,
    options: { json: { kind: "flag", description: "print JSON" }, ...DIR_OPTION, ...SETTINGS_OPTIONS },
    operands: [0, 0],
    examples: [["tollgate cron list", "what fires when"]],
  },

  run: (context) =>
    withOperator(context, async (operator) => {
      const { ambient, args } = context;
      const answer = await operator.call("sys.cron.list", {});
      if (answer === undefined) return EXIT.no;
      if (args.flag("json")) sayJson(ambient, answer);
      else for (const line of jobLines(answer.jobs as readonly JsonObject[])) say(ambient, line);
      return EXIT.ok;
    }),
};

function jobLines(jobs: readonly JsonObject[]): string[] {
  if (jobs.length === 0) return ["no jobs; add one with tollgate cron add <name> --every SECONDS <command>"];
  const rows = jobs.map((job) => [
    String(job.id),
    String(job.name),
    job.schedule === undefined ? `every ${job.interval_secs} s` : String(job.schedule),
    String(job.next ?? "never"),
    `${job.runs} run, ${job.failures} failed, ${job.skipped} left out`,
    String(job.owner),
    job.target_pid === undefined ? String(job.command) : `to pid ${job.target_pid}: ${job.command}`,
  ]);
  return table(["ID", "NAME", "WHEN", "NEXT", "SO FAR", "OWNER", "COMMAND"], rows);
}
