import { statedManifest } from "../host/tools/load-tool.ts";
import { standingProblem } from "../kernel/tools/standing.ts";
import { deployedTools, readEnvelopeText, readVersionRecord } from "../kernel/tools/versions.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { table } from "./table.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";
import { signedBy } from "./tool-text.ts";

/** Lists the tools that were deployed, and what becomes of each. */
export const toolList: Command = {
  spec: {
    name: "tool list",
    summary: "the tools that were deployed, and which run",
    usage: "[options]",
    details: `
Lists the tools that were deployed on this state directory: the version that is active, who vouches
for it, and why it does not run where it does not. Those that ship are listed by tollgate tools.`,
    options: TOOL_OPTIONS,
    operands: [0, 0],
    examples: [["tollgate tool list", "what was deployed"]],
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const tools = desk.chain.read((state) =>
        deployedTools(state).map(({ name, record: { active, highest } }) => {
          const record = active === undefined ? undefined : readVersionRecord(state, name, active);
          const text = record && readEnvelopeText(state, name, record.version);
          const manifest = record && text !== undefined ? statedManifest(record, text) : undefined;
          const problem = record && standingProblem(state, name, record, desk.settings);
          return { name, active, highest, record, title: manifest?.title, problem };
        }),
      );
      if (args.flag("json")) {
        const shown = tools.map(({ name, active, highest, record, title, problem }) => ({
          tool: name,
          active: active ?? null,
          highest,
          ...(title !== undefined && { title }),
          ...(record && {
            module_sha256: record.module_sha256,
            statement_sha256: record.statement_sha256,
            signed_by: record.signer.keyid,
            unsigned: record.unsigned,
          }),
          ...(problem !== undefined && { quarantined: problem }),
        }));
        sayJson(ambient, shown as never);
        return EXIT.ok;
      }
      if (tools.length === 0) {
        say(ambient, "no tool was deployed: tollgate tool deploy <folder> takes one in");
        return EXIT.ok;
      }
      const rows = tools.map(({ name, active, record, title, problem }) => [
        name,
        active ?? "-",
        record === undefined ? "not active" : problem === undefined ? "runs" : "quarantined",
        record === undefined ? "-" : record.unsigned ? "nobody" : signedBy(record).slice(0, 16),
        title ?? "",
      ]);
      for (const line of table(["TOOL", "VERSION", "", "SIGNED BY", ""], rows)) say(ambient, line);
      for (const { problem } of tools) if (problem !== undefined) say(ambient, `quarantined: ${problem}`);
      return EXIT.ok;
    }),
};
