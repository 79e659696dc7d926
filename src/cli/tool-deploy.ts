import { isFault } from "../contract/fault.ts";
import { expandPath } from "../host/xdg.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { takeIn, takenInJson, takenInLines } from "./take-in.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Takes a version of a tool in from a folder. */
export const toolDeploy: Command = {
  spec: {
    name: "tool deploy",
    summary: "take in a version of a tool from a folder",
    usage: "<folder> [--activate [--accept]] [options]",
    details: `
Takes in the tool of a folder: tool.json (what it is and may do), the module that it names, and
tool.dsse.json where it was signed. Everything is checked as strictly as it will be at a call;
nothing of it is run. The version is kept and not active until tollgate tool activate.

Versions only grow. What has no signature is taken in development only, and this host then
vouches for it; elsewhere run tollgate tool sign first, or have somebody sign whose key you trust.`,
    options: {
      activate: { kind: "flag", description: "make it active as well" },
      accept: { kind: "flag", description: "with --activate: accept what differs from the version that was accepted" },
      ...TOOL_OPTIONS,
    },
    operands: [1, 1],
    examples: [
      ["tollgate tool deploy ./greet", "take it in; it does not run yet"],
      ["tollgate tool deploy ./greet --activate", "take it in and let it run"],
    ],
    exits: "With tool deploy, 1 means that the tool was refused.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const typed = args.operands[0] as string;
      const taken = await takeIn(desk, context, expandPath(typed, ambient.cwd, ambient.env) ?? typed);
      if (isFault(taken)) return taken;
      if (args.flag("json")) sayJson(ambient, takenInJson(taken));
      else for (const line of takenInLines(taken)) say(ambient, line);
      return args.flag("activate") && taken.activated === undefined ? EXIT.no : EXIT.ok;
    }),
};
