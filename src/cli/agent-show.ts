import type { Json, JsonObject } from "../contract/json.ts";
import { pidOf } from "./agent-address.ts";
import { type Command, EXIT } from "./command.ts";
import { withOperator } from "./operator-call.ts";
import { grouped, say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";

/** Shows one agent: what it is, what it may do, what it has used, how it ended. */
export const agentShow: Command = {
  spec: {
    name: "agent show",
    summary: "one agent: what it may do, what it has used, how it ended",
    usage: "<pid|id> [--json] [options]",
    details: `
Shows one agent with its capabilities, its usage since it was spawned, its restarts, its last
error and the last lines of its log. An agent that has exited can be shown for some time after.`,
    options: { json: { kind: "flag", description: "print JSON" }, ...DIR_OPTION, ...SETTINGS_OPTIONS },
    operands: [1, 1],
    examples: [
      ["tollgate agent show 3", "by its pid"],
      ["tollgate agent show mailbox", "by its id"],
    ],
    exits: "With agent show, 1 means that there is no such agent.",
  },

  run: (context) =>
    withOperator(context, async (operator) => {
      const { ambient, args } = context;
      const pid = await pidOf(args.operands[0] as string, operator, context);
      if (pid === undefined) return EXIT.no;
      const answer = await operator.call("agent.inspect", { pid });
      if (answer === undefined) return EXIT.no;
      if (args.flag("json")) sayJson(ambient, answer);
      else for (const line of detail(answer)) say(ambient, line);
      return EXIT.ok;
    }),
};

function detail(agent: JsonObject): string[] {
  const usage = agent.resource_usage as Readonly<Record<string, number>>;
  const exit = agent.exit as JsonObject | undefined;
  return [
    `${agent.agent_id} · pid ${agent.pid} · ${agent.state}${exit === undefined ? "" : ` with ${exit.code}: ${exit.reason}`}`,
    `template      ${agent.template} (${agent.backend})`,
    `parent        ${agent.parent_pid === 0 ? "none" : agent.parent_pid}`,
    `capabilities  ${JSON.stringify(agent.capabilities)}`,
    `messages      ${grouped(usage.messages_handled ?? 0)} handled, ${grouped(usage.messages_sent ?? 0)} sent`,
    `tool calls    ${grouped(usage.tool_calls ?? 0)}`,
    `fuel          ${grouped(usage.fuel ?? 0)}`,
    `time          ${(usage.cpu_time_ms ?? 0).toFixed(1)} ms`,
    `restarts      ${agent.restarts}`,
    ...(agent.last_error === undefined || agent.last_error === null ? [] : [`last error    ${agent.last_error}`]),
    ...((agent.log as readonly Json[] | undefined) ?? []).map((line) => `  ${line}`),
  ];
}
