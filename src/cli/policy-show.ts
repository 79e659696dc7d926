import { readFileSync } from "node:fs";
import { type Command, EXIT, type ExitCode } from "./command.ts";
import { complain, note, sayJson } from "./output.ts";
import { SETTINGS_OPTIONS, settingsOf } from "./settings-options.ts";

/** Prints the policy text that a start with the same options would decide by. */
export const policyShow: Command = {
  spec: {
    name: "policy show",
    summary: "print the policy that is in force",
    usage: "[options]",
    details: `
Prints the Cedar policies that tollgate serve with the same options would decide by: those of
--policy, else of tollgate.json, else the built-in one. Start your own from it:
tollgate policy show > my.cedar, edit, tollgate policy check my.cedar.`,
    options: { ...SETTINGS_OPTIONS, json: { kind: "flag", description: "print [{file, text}] as JSON" } },
    operands: [0, 0],
    examples: [["tollgate policy show > my.cedar", "a copy to edit"]],
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    // The policy does not depend on the roots: one that is missing should not hide it.
    const resolved = await settingsOf(context, ["/"]);
    if (!resolved.ok) return complain(ambient, resolved.fault);
    const files: readonly (string | URL)[] =
      resolved.settings.policies.length > 0
        ? resolved.settings.policies
        : [new URL("policy/default.cedar", ambient.packageRoot)];
    const policies = files.map((file) => ({
      file: file instanceof URL ? "built-in default.cedar" : file,
      text: readFileSync(file, "utf8"),
    }));
    if (args.flag("json")) {
      sayJson(ambient, policies);
      return EXIT.ok;
    }
    for (const { file, text } of policies) {
      note(ambient, `# ${file}`);
      ambient.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    }
    return EXIT.ok;
  },
};
