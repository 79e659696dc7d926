import { fault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { CONFIGURATION_INVALID } from "../host/config-file.ts";
import { readPolicyFile } from "../host/policy-files.ts";
import { expandPath } from "../host/xdg.ts";
import { type Command, type CommandContext, EXIT, type ExitCode } from "./command.ts";
import { complain, say, sayJson } from "./output.ts";
import { SETTINGS_OPTIONS, settingsOf } from "./settings-options.ts";

/** Checks policies as a start would, and names every problem by file, line and column. */
export const policyCheck: Command = {
  spec: {
    name: "policy check",
    summary: "check policies before they are used",
    usage: "[file...] [--json]",
    details: `
Checks Cedar policies against the schema of the tools, as strictly as a start does: what does not
parse, names an unknown action, type or attribute, can fail or can never apply. Without files it
checks the policy in force. All files are checked as one set, because they hold together.`,
    options: { config: SETTINGS_OPTIONS.config!, json: { kind: "flag", description: "print {ok, problems} as JSON" } },
    operands: [0, 64],
    examples: [
      ["tollgate policy check", "the policy in force"],
      ["tollgate policy check base.cedar team.cedar", "two files that will be used together"],
    ],
    exits: "With policy check, 1 means that a policy has an error; warnings alone leave 0.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    const files = await filesToCheck(context);
    if (typeof files === "number") return files;
    const policies: { name: string; text: string }[] = [];
    for (const file of files) {
      const shown = safeText(file instanceof URL ? "default.cedar" : file, 300);
      const read = readPolicyFile(file);
      if (typeof read === "string") {
        const message = `policy ${shown} cannot be read: ${read}: give a readable .cedar file`;
        return complain(ambient, fault("host", CONFIGURATION_INVALID, message));
      }
      policies.push(read);
    }
    const [{ readProgram }, { checkPolicies }, { formatProblem }] = await Promise.all([
      import("../host/program.ts"),
      import("../gate/policies.ts"),
      import("../gate/problem.ts"),
    ]);
    const program = await readProgram(ambient.packageRoot);
    if (!program.ok) return complain(ambient, program.fault);
    const problems = checkPolicies(
      policies,
      [...program.registry.values()].map(({ manifest }) => manifest),
    );
    const ok = !problems.some(({ severity }) => severity === "error");
    if (args.flag("json")) sayJson(ambient, { ok, problems } as unknown as Json);
    else {
      for (const problem of problems) say(ambient, `${problem.severity}: ${formatProblem(problem)}`);
      if (ok) say(ambient, `ok: ${policies.map(({ name }) => name).join(", ")}`);
    }
    return ok ? EXIT.ok : EXIT.no;
  },
};

/** The named files, else those that a start would read. */
async function filesToCheck(context: CommandContext): Promise<readonly (string | URL)[] | ExitCode> {
  const { ambient, args } = context;
  if (args.operands.length > 0) return args.operands.map((file) => expandPath(file, ambient.cwd, ambient.env) ?? file);
  // The policy does not depend on the roots: one that is missing should not hide it.
  const resolved = await settingsOf(context, ["/"]);
  if (!resolved.ok) return complain(ambient, resolved.fault);
  const { policies } = resolved.settings;
  return policies.length > 0 ? policies : [new URL("policy/default.cedar", ambient.packageRoot)];
}
