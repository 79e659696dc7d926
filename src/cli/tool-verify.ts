import { type Fault, isFault } from "../contract/fault.ts";
import { readModule } from "../host/tools/module-files.ts";
import { signingTrust } from "../host/tools/signing-trust.ts";
import { verifyVersion } from "../host/tools/verify-version.ts";
import { standingProblem } from "../kernel/tools/standing.ts";
import { deployedTools, readCertificatesText, readEnvelopeText, versionsOf } from "../kernel/tools/versions.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { TOOL_OPTIONS, type ToolDesk, withToolDesk } from "./tool-desk.ts";

interface Checked {
  readonly tool: string;
  readonly version: string;
  readonly ok: boolean;
  readonly problem?: string;
}

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
      const checked = checkAll(desk, only);
      const bad = checked.filter(({ ok }) => !ok);
      if (args.flag("json")) sayJson(ambient, { ok: bad.length === 0, checked: checked as never });
      else {
        for (const { tool, version, problem } of bad) say(ambient, `${tool} ${version}: ${problem}`);
        say(ambient, `${checked.length - bad.length} of ${checked.length} versions are as they were deployed`);
      }
      return bad.length === 0 ? EXIT.ok : EXIT.no;
    }),
};

function checkAll(desk: ToolDesk, only: string | undefined): readonly Checked[] {
  return desk.chain.read((state) => {
    const trust = signingTrust(state, desk.stateDirectory);
    return deployedTools(state)
      .filter(({ name }) => only === undefined || name === only)
      .flatMap(({ name }) =>
        versionsOf(state, name)
          .filter(({ removed, revoked }) => removed === undefined && revoked === undefined)
          .map((record): Checked => {
            const envelope = readEnvelopeText(state, name, record.version);
            const certificates = readCertificatesText(state, name, record.version);
            const problem: string | Fault | undefined =
              standingProblem(state, name, record, desk.settings) ??
              faultOf(verifyVersion({ name, record, envelope, certificates }, desk.check, trust)) ??
              faultOf(readModule(desk.stateDirectory, record.module_sha256, record.module_bytes));
            const version = record.version;
            return problem === undefined
              ? { tool: name, version, ok: true }
              : { tool: name, version, ok: false, problem };
          }),
      );
  });
}

const faultOf = (value: object): string | undefined => (isFault(value) ? value.message : undefined);
