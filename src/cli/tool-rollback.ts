import { isFault } from "../contract/fault.ts";
import { activateVersion, rollbackTarget, usable } from "../kernel/tools/activate.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { lookAt, mustAccept } from "./tool-activation.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Makes the version that ran before run again. */
export const toolRollback: Command = {
  spec: {
    name: "tool rollback",
    summary: "go back to the version of a tool that ran before",
    usage: "<name> [version] [options]",
    details: `
Makes the version run again that was active before this one, or the one that is named. A version
that was revoked or removed is passed over. Only what was accepted before can be gone back to.`,
    options: TOOL_OPTIONS,
    operands: [1, 2],
    examples: [["tollgate tool rollback acme.greet", "the version before"]],
    exits: "With tool rollback, 1 means that there is none to go back to.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const [name, wanted] = args.operands as readonly [string, string | undefined];
      const target = wanted ?? desk.chain.read((state) => rollbackTarget(state, name));
      if (isFault(target)) return target;
      const activation = lookAt(desk, name, target);
      if (isFault(activation)) return activation;
      const unaccepted = mustAccept(name, target, activation);
      if (unaccepted !== undefined) return unaccepted;
      const done = await desk.commit((state) => {
        const still = usable(state, name, target);
        return isFault(still) ? still : activateVersion(state, name, target, "tool.rollback");
      });
      if (isFault(done)) return done;
      const { from } = done.value;
      const next =
        from === undefined ? `tollgate tool versions ${name}` : `tollgate tool revoke ${name} ${from} --reason '…'`;
      if (args.flag("json")) {
        sayJson(ambient, { tool: name, version: target, from: from ?? null, sequence: done.sequence, next });
      } else {
        say(
          ambient,
          `${name} ${target} runs again${from === undefined ? "" : ` in the place of ${from}`} · #${done.sequence}`,
        );
        say(ambient, `next: ${next}`);
      }
      return EXIT.ok;
    }),
};
