import { type Command, EXIT } from "./command.ts";
import { withOperator } from "./operator-call.ts";
import { misused, say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";

const LONGEST_INTERVAL_SECS = 31_622_400;

/** Adds a job that runs as the operator. */
export const cronAdd: Command = {
  spec: {
    name: "cron add",
    summary: "run a tool call, or send a message, again and again",
    usage: "<name> <command> (--every SECS | --schedule EXPR) [--to PID] [options]",
    details: `
Adds a job. Without --to, the command is a tool call, written as the tool's name and a JSON
object of arguments, and runs through the gate as the operator; nobody can be asked then. With
--to, the command goes to that agent as the message {"command": ..., "job": {...}}.

A schedule is a cron expression in UTC. A firing is left out while the one before still runs.`,
    options: {
      every: {
        kind: "value",
        placeholder: "SECS",
        description: "seconds between firings",
        range: [1, LONGEST_INTERVAL_SECS],
      },
      schedule: { kind: "value", placeholder: "EXPR", description: "a cron expression, such as '0 6 * * 1-5'" },
      to: { kind: "value", placeholder: "PID", description: "the agent to send it to", range: [1, 1e15] },
      json: { kind: "flag", description: "print JSON" },
      ...DIR_OPTION,
      ...SETTINGS_OPTIONS,
    },
    operands: [2, 2],
    examples: [
      [`tollgate cron add size 'fs.stat {"path": "log.txt"}' --every 60`, "a tool call each minute"],
      ["tollgate cron add tick 'look again' --schedule '*/5 * * * *' --to 3", "a message every five minutes"],
    ],
    exits: "With cron add, 1 means that it was refused.",
  },

  async run(context) {
    const { ambient, args } = context;
    const every = args.number("every");
    const schedule = args.value("schedule");
    const to = args.number("to");
    if ((every === undefined) === (schedule === undefined))
      return misused(ambient, "give one of --every and --schedule", "cron add");
    const [name, command] = args.operands as readonly [string, string];
    return withOperator(context, async (operator) => {
      const job = await operator.call("sys.cron.add", {
        name,
        command,
        ...(every !== undefined && { interval_secs: every }),
        ...(schedule !== undefined && { schedule }),
        ...(to !== undefined && { target_pid: to }),
      });
      if (job === undefined) return EXIT.no;
      if (args.flag("json")) sayJson(ambient, job);
      else say(ambient, `job ${job.id} · ${job.name} · fires next ${job.next ?? "never"}`);
      return EXIT.ok;
    });
  },
};
