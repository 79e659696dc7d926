import { readRow } from "../kernel/rows.ts";
import { noSuchTool } from "../kernel/tools/activate.ts";
import { versionsOf } from "../kernel/tools/versions.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { table } from "./table.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";
import { signedBy, standingOf } from "./tool-text.ts";

/** Lists every version of one tool that there ever was. */
export const toolVersions: Command = {
  spec: {
    name: "tool versions",
    summary: "all versions of a tool, and what became of each",
    usage: "<name> [options]",
    details: `
Lists every version that was deployed, the latest first, those that were revoked and removed among
them, with the event that says so and the first figures of its module's SHA-256.`,
    options: TOOL_OPTIONS,
    operands: [1, 1],
    examples: [["tollgate tool versions acme.greet", "its history"]],
    exits: "With tool versions, 1 means that no such tool was deployed.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const name = args.operands[0] as string;
      const { tool, versions } = desk.chain.read((state) => ({
        tool: readRow(state, "tool", name),
        versions: versionsOf(state, name).toReversed(),
      }));
      if (tool === undefined) return noSuchTool(name);
      if (args.flag("json")) {
        sayJson(ambient, { tool: name, active: tool.active ?? null, versions: versions as never });
        return EXIT.ok;
      }
      const rows = versions.map((record) => [
        record.version,
        standingOf(record, tool.active),
        new Date(record.deployed.at).toISOString(),
        `#${record.deployed.sequence}`,
        record.module_sha256.slice(0, 16),
        record.revoked === undefined
          ? signedBy(record).slice(0, 30)
          : `${record.revoked.reason} (#${record.revoked.sequence})`,
      ]);
      for (const line of table(["VERSION", "", "DEPLOYED", "EVENT", "MODULE", ""], rows)) say(ambient, line);
      return EXIT.ok;
    }),
};
