import { readFileSync } from "node:fs";
import { verifyChain } from "../chain/verify.ts";
import { fault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { CONFIGURATION_INVALID } from "../host/config-file.ts";
import { expandPath } from "../host/xdg.ts";
import { CHAIN_OPTIONS, locateChain } from "./chain-location.ts";
import { type Command, EXIT, type ExitCode } from "./command.ts";
import { complain, note, say, sayJson } from "./output.ts";

/** Verifies the whole chain, and says what no verification can know. */
export const chainVerify: Command = {
  spec: {
    name: "chain verify",
    summary: "check every event, proof and signature",
    usage: "[options]",
    details: `
Reads every event and checks its hash, its place and its link to the one before, the Merkle tree
over all of them, and each signed checkpoint. Edits, insertions, reordering, splicing and
truncation are found, and the first bad event is named. Hosts may go on writing meanwhile.

Whoever can write the state directory can replace chain and key together. A checkpoint or public
key that you kept elsewhere, or a --witness file, shows that as well.`,
    options: {
      ...CHAIN_OPTIONS,
      checkpoint: { kind: "value", placeholder: "FILE", description: "a signed checkpoint that you kept elsewhere" },
      "public-key": {
        kind: "value",
        placeholder: "FILE",
        description: "the verifier key (host.pub) that you kept elsewhere",
      },
      json: { kind: "flag", description: "print the report as JSON" },
    },
    operands: [0, 0],
    examples: [
      ["tollgate chain verify", "everything"],
      ["tollgate chain verify --checkpoint monday.note", "and that it continues what was signed on Monday"],
    ],
    exits: "With chain verify, 0 means intact and 1 that something is wrong or that there is no chain.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    const located = await locateChain(context);
    if (typeof located === "number") return located;
    const options: Record<string, string> = {};
    for (const [flag, key] of [
      ["checkpoint", "checkpoint"],
      ["public-key", "publicKey"],
    ] as const) {
      const file = args.value(flag);
      if (file === undefined) continue;
      try {
        options[key] = readFileSync(expandPath(file, ambient.cwd, ambient.env) ?? file, "utf8").trimEnd();
        if (flag === "checkpoint") options[key] += "\n"; // a signed note ends with a line feed (C2SP signed-note)
      } catch (error) {
        const why = `${safeText(file, 300)} cannot be read: ${(error as NodeJS.ErrnoException).code}`;
        return complain(ambient, fault("host", CONFIGURATION_INVALID, `--${flag}: ${why}: name a readable file`));
      }
    }
    if (located.witness !== undefined) options.witness = located.witness;

    const report = verifyChain(located.directory, options);
    if (args.flag("json")) sayJson(ambient, report as unknown as Json);
    else {
      say(
        ambient,
        `${report.ok ? "intact" : "NOT INTACT"}: ${report.verified_to} events verified, ${report.signed_to} of them under a signed checkpoint`,
      );
      if (report.chain_id !== undefined) say(ambient, `chain       ${report.chain_id}`);
      say(ambient, `tree root   ${report.root_hash}`);
      say(ambient, `checkpoints ${report.checkpoint_count}`);
      if (report.first_bad !== undefined) say(ambient, `first bad   event ${report.first_bad}`);
      for (const { code, sequence, message } of report.problems) {
        say(ambient, `problem     ${code}${sequence === undefined ? "" : ` at ${sequence}`}: ${message}`);
      }
      for (const sentence of report.unknowable) note(ambient, `not known   ${sentence}`);
    }
    return report.ok ? EXIT.ok : EXIT.no;
  },
};
