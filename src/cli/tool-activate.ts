import { isFault } from "../contract/fault.ts";
import { activateVersion } from "../kernel/tools/activate.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { lookAt, mustAccept } from "./tool-activation.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";
import { commandThatUses, differenceLines, manifestLines } from "./tool-text.ts";

/** Makes one version of a tool the one that runs. */
export const toolActivate: Command = {
  spec: {
    name: "tool activate",
    summary: "make a version of a tool the one that runs",
    usage: "<name> <version> [--accept] [options]",
    details: `
Makes a version the one that runs, in every host on this state directory, and tells their clients.
The first version is accepted by that. A later one that was never accepted is shown beside the one
that was, and needs --accept: what a tool may do does not change without somebody having seen it.`,
    options: { accept: { kind: "flag", description: "accept what differs" }, ...TOOL_OPTIONS },
    operands: [2, 2],
    examples: [
      ["tollgate tool activate acme.greet 1.1.0", "what differs from the version that was accepted"],
      ["tollgate tool activate acme.greet 1.1.0 --accept", "let it run"],
    ],
    exits: "With tool activate, 1 means that nothing was changed.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const [name, version] = args.operands as readonly [string, string];
      const activation = lookAt(desk, name, version);
      if (isFault(activation)) return activation;
      const { statement, since } = activation;
      const json = args.flag("json");
      if (!json) {
        for (const line of manifestLines(statement.manifest)) say(ambient, line);
        if (since !== undefined) {
          say(ambient, `differs from ${since.version}, which was accepted:`);
          for (const line of differenceLines(since.differences)) say(ambient, line);
        }
      }
      const unaccepted = args.flag("accept") ? undefined : mustAccept(name, version, activation);
      if (unaccepted !== undefined) {
        if (json && since !== undefined) {
          sayJson(ambient, {
            tool: name,
            version,
            differs_from: since.version,
            differences: since.differences as never,
          });
        }
        return unaccepted;
      }
      const done = await desk.commit((state) => activateVersion(state, name, version));
      if (isFault(done)) return done;
      const { from } = done.value;
      const next = commandThatUses(statement.manifest);
      if (json) sayJson(ambient, { tool: name, version, from: from ?? null, sequence: done.sequence, next });
      else {
        say(ambient, `active${from === undefined ? "" : ` in the place of ${from}`} · #${done.sequence}`);
        say(ambient, `next: ${next}`);
      }
      return EXIT.ok;
    }),
};
