import { isFault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import { rollbackTarget } from "../kernel/tools/activate.ts";
import { revokeVersion } from "../kernel/tools/withdraw.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Stops a version for ever. */
export const toolRevoke: Command = {
  spec: {
    name: "tool revoke",
    summary: "stop a version of a tool for ever",
    usage: "<name> <version> --reason TEXT [options]",
    details: `
Revokes one version: no host on this state directory runs it from then on, what runs of it now is
ended, and it can never be deployed or activated again. Nothing takes its place by itself.`,
    options: {
      reason: { kind: "value", placeholder: "TEXT", description: "why; it stands in every refusal and on the chain" },
      ...TOOL_OPTIONS,
    },
    operands: [2, 2],
    examples: [["tollgate tool revoke acme.greet 1.1.0 --reason 'leaks names'", "stop it now"]],
    exits: "With tool revoke, 1 means that there is no such version, or that it was revoked before.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const [name, version] = args.operands as readonly [string, string];
      const reason = safeText(args.value("reason") ?? "no reason was given", 500);
      const done = await desk.commit((state) => revokeVersion(state, name, version, reason));
      if (isFault(done)) return done;
      const { wasActive, record } = done.value;
      const target = desk.chain.read((state) => rollbackTarget(state, name));
      const back = isFault(target) ? "tollgate tool deploy <folder>" : `tollgate tool rollback ${name}`;
      const next = wasActive ? back : `tollgate tool versions ${name}`;
      if (args.flag("json")) {
        const { module_sha256, statement_sha256 } = record;
        sayJson(ambient, {
          tool: name,
          version,
          module_sha256,
          statement_sha256,
          was_active: wasActive,
          sequence: done.sequence,
          next,
        });
      } else {
        say(ambient, `${name} ${version} is revoked · #${done.sequence}`);
        if (wasActive) say(ambient, `it was active: ${name} does not run any more`);
        say(ambient, `next: ${next}`);
      }
      return EXIT.ok;
    }),
};
