import { isFault } from "../contract/fault.ts";
import { ceilingsOf, limitsOfTool } from "../contract/limits.ts";
import { answersObject } from "../contract/manifest.ts";
import { readRow } from "../kernel/rows.ts";
import { noSuchTool } from "../kernel/tools/activate.ts";
import { standingProblem } from "../kernel/tools/standing.ts";
import { readVersionRecord } from "../kernel/tools/versions.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson, terminalJson } from "./output.ts";
import { statementOf } from "./tool-activation.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";
import { limitsText, manifestLines, recordLines, standingOf } from "./tool-text.ts";

/** Shows one version of a deployed tool: all that was signed, and who vouches for it. */
export const toolShow: Command = {
  spec: {
    name: "tool show",
    summary: "what a version of a deployed tool is and may do",
    usage: "<name> [version] [options]",
    details: `
Shows the active version, or the latest where none is, or the one that is named: everything that
was signed, by whom, and whether it runs.`,
    options: TOOL_OPTIONS,
    operands: [1, 2],
    examples: [["tollgate tool show acme.greet", "the version that runs"]],
    exits: "With tool show, 1 means that there is no such version.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const [name, wanted] = args.operands as readonly [string, string | undefined];
      return desk.chain.read((state) => {
        const tool = readRow(state, "tool", name);
        if (tool === undefined) return noSuchTool(name);
        const version = wanted ?? tool.active ?? tool.highest;
        const statement = statementOf(desk, state, name, version);
        if (isFault(statement)) return statement;
        const record = readVersionRecord(state, name, version);
        if (record === undefined) return noSuchTool(name);
        const { limits: ceilings, toolLimits } = desk.settings;
        const held = limitsOfTool(statement.manifest, toolLimits, ceilingsOf(ceilings));
        const problem = standingProblem(state, name, record, desk.settings);
        if (args.flag("json")) {
          sayJson(ambient, {
            tool: name,
            active: tool.active ?? null,
            record: record as never,
            statement: JSON.parse(Buffer.from(statement.payload).toString("utf8")),
            limits: held as never,
            ...(problem !== undefined && { quarantined: problem }),
          });
          return EXIT.ok;
        }
        const { manifest } = statement;
        for (const line of manifestLines(manifest)) say(ambient, line);
        if (limitsText(held) !== limitsText(manifest.limits)) say(ambient, `  held to     ${limitsText(held)}`);
        for (const line of recordLines(record)) say(ambient, line);
        say(ambient, `  deployed    ${new Date(record.deployed.at).toISOString()} · #${record.deployed.sequence}`);
        say(ambient, `  stands      ${standingOf(record, tool.active)}${problem === undefined ? "" : `: ${problem}`}`);
        ambient.stdout.write(`\narguments (JSON Schema 2020-12):\n${terminalJson(manifest.parameters)}\n`);
        if (answersObject(manifest)) ambient.stdout.write(`\nanswer:\n${terminalJson(manifest.output)}\n`);
        return EXIT.ok;
      });
    }),
};
