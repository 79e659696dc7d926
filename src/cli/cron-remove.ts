import { type Command, EXIT } from "./command.ts";
import { withOperator } from "./operator-call.ts";
import { misused, say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";

/** Removes a job; a firing that runs goes on to its end. */
export const cronRemove: Command = {
  spec: {
    name: "cron remove",
    summary: "remove a job",
    usage: "<id> [options]",
    details: `
Removes a job by its id. A firing of it that runs now goes on to its end.`,
    options: { json: { kind: "flag", description: "print JSON" }, ...DIR_OPTION, ...SETTINGS_OPTIONS },
    operands: [1, 1],
    examples: [["tollgate cron remove 2", "see tollgate cron list for ids"]],
    exits: "With cron remove, 1 means that there is no such job.",
  },

  async run(context) {
    const { ambient, args } = context;
    const id = args.operands[0] as string;
    if (!/^[1-9]\d{0,14}$/.test(id)) return misused(ambient, "the id of a job is a number", "cron remove");
    return withOperator(context, async (operator) => {
      const answer = await operator.call("sys.cron.remove", { id: Number(id) });
      if (answer === undefined) return EXIT.no;
      if (args.flag("json")) sayJson(ambient, answer);
      else say(ambient, `job ${id} is removed`);
      return EXIT.ok;
    });
  },
};
