import { isFault } from "../contract/fault.ts";
import { sweepModules } from "../host/tools/module-files.ts";
import { modulesInUse } from "../kernel/tools/versions.ts";
import { removeVersions } from "../kernel/tools/withdraw.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Takes a tool, or one version of it, off this state directory. */
export const toolRemove: Command = {
  spec: {
    name: "tool remove",
    summary: "take a tool, or one version, off this host",
    usage: "<name> [version] [options]",
    details: `
Removes a tool with all its versions, or one version that is not active: module and signature are
deleted. What it was stays on record, and a later deploy still needs a later version.`,
    options: TOOL_OPTIONS,
    operands: [1, 2],
    examples: [
      ["tollgate tool remove acme.greet", "the whole tool"],
      ["tollgate tool remove acme.greet 1.0.0", "one version that is not active"],
    ],
    exits: "With tool remove, 1 means that nothing was removed.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const [name, version] = args.operands as readonly [string, string | undefined];
      const done = await desk.commit((state) => removeVersions(state, name, version));
      if (isFault(done)) return done;
      const removed = done.value.map((record) => record.version);
      const unused = done.value.map((record) => record.module_sha256);
      sweepModules(desk.stateDirectory, desk.chain.read(modulesInUse), unused, ambient.clock());
      const next = `tollgate tool versions ${name}`;
      if (args.flag("json")) sayJson(ambient, { tool: name, removed, sequence: done.sequence, next });
      else {
        say(ambient, `${name} ${removed.join(", ")} removed · #${done.sequence}`);
        say(ambient, `next: ${next}`);
      }
      return EXIT.ok;
    }),
};
