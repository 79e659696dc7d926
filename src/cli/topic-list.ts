import type { JsonObject } from "../contract/json.ts";
import { type Command, EXIT } from "./command.ts";
import { withOperator } from "./operator-call.ts";
import { say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";
import { table } from "./table.ts";

/** Lists what is subscribed to, and by whom. */
export const topicList: Command = {
  spec: {
    name: "topic list",
    summary: "what is subscribed to, and by whom",
    usage: "[--json] [options]",
    details: `
Lists every subscription on this state directory: its pattern (* is one segment, ** any number)
and the pids that get what matches.`,
    options: { json: { kind: "flag", description: "print JSON" }, ...DIR_OPTION, ...SETTINGS_OPTIONS },
    operands: [0, 0],
    examples: [["tollgate topic list", "who listens"]],
  },

  run: (context) =>
    withOperator(context, async (operator) => {
      const { ambient, args } = context;
      const answer = await operator.call("sys.tree.inspect", { path: "/topics" });
      if (answer === undefined) return EXIT.no;
      const topics = answer.children as readonly JsonObject[];
      if (args.flag("json")) sayJson(ambient, topics);
      else if (topics.length === 0) say(ambient, "no subscriptions");
      else {
        const rows = topics.map(({ name, metadata }) => {
          const pids = ((metadata as JsonObject | undefined)?.subscribers ?? []) as readonly number[];
          return [String(name), pids.join(" ")];
        });
        for (const line of table(["PATTERN", "PIDS"], rows)) say(ambient, line);
      }
      return EXIT.ok;
    }),
};
