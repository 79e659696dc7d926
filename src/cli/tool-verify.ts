import { checkDeployed } from "../host/tools/check-deployed.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Checks everything that was deployed: each module by its hash, each signature over each statement. */
export const toolVerify: Command = {
  spec: {
    name: "tool verify",
    summary: "check every deployed tool: module, signature, standing",
    usage: "[name] [options]",
    details: `
Checks every version that was deployed and not removed, or those of one tool: that its module is
there and has its hash, that its signature is valid over all that it may do, and that whoever signed
it is still trusted. Revoked versions are left out.`,
    options: TOOL_OPTIONS,
    operands: [0, 1],
    examples: [["tollgate tool verify", "all of them"]],
    exits: "With tool verify, 1 means that something is wrong; each is named.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const only = args.operands[0];
      const checked = desk.chain.read((state) =>
        checkDeployed(state, desk.stateDirectory, desk.settings, desk.check, only),
      );
      const bad = checked.filter(({ ok }) => !ok);
      if (args.flag("json")) sayJson(ambient, { ok: bad.length === 0, checked: checked as never });
      else {
        for (const { tool, version, problem } of bad)
          say(ambient, `${[tool, version ?? []].flat().join(" ")}: ${problem}`);
        say(ambient, `${checked.length - bad.length} of ${checked.length} versions are as they were deployed`);
      }
      return bad.length === 0 ? EXIT.ok : EXIT.no;
    }),
};
