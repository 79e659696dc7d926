import type { JsonObject } from "../contract/json.ts";
import { type Command, EXIT } from "./command.ts";
import { withOperator } from "./operator-call.ts";
import { say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";
import { table } from "./table.ts";

/** Lists the agents of this state directory, whichever host runs them. */
export const agentList: Command = {
  spec: {
    name: "agent list",
    summary: "the agents of this state directory",
    usage: "[--json] [options]",
    details: `
Lists every agent with its state, its template, its parent and how many messages wait for it.
Agents belong to the state directory: they outlive the host that runs them, and any host on
the same state directory that has their roots takes them up.`,
    options: { json: { kind: "flag", description: "print JSON" }, ...DIR_OPTION, ...SETTINGS_OPTIONS },
    operands: [0, 0],
    examples: [
      ["tollgate agent list", "what runs"],
      ["tollgate agent list --json | jq '.agents[] | select(.inbox > 0)'", "agents with mail"],
    ],
  },

  run: (context) =>
    withOperator(context, async (operator) => {
      const answer = await operator.call("agent.list", {});
      if (answer === undefined) return EXIT.no;
      if (context.args.flag("json")) sayJson(context.ambient, answer);
      else for (const line of agentLines(answer.agents as readonly JsonObject[])) say(context.ambient, line);
      return EXIT.ok;
    }),
};

/** One line an agent, in columns. */
export function agentLines(agents: readonly JsonObject[]): string[] {
  if (agents.length === 0) return ["no agents; begin one with tollgate agent spawn <id>"];
  const rows = agents.map((agent) => [
    String(agent.pid),
    String(agent.agent_id),
    String(agent.state),
    String(agent.template),
    agent.parent_pid === 0 ? "-" : String(agent.parent_pid),
    String(agent.inbox),
  ]);
  return table(["PID", "AGENT", "STATE", "TEMPLATE", "PARENT", "INBOX"], rows);
}
