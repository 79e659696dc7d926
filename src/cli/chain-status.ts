import type { Json } from "../contract/json.ts";
import { CHAIN_OPTIONS, locateChain } from "./chain-location.ts";
import { type Command, EXIT, type ExitCode } from "./command.ts";
import { complain, say, sayJson } from "./output.ts";
import { readChain } from "./read-chain.ts";

/** Where the chain stands, and what was begun and never finished. */
export const chainStatus: Command = {
  spec: {
    name: "chain status",
    summary: "how long the chain is and what its head is",
    usage: "[options]",
    details: `
Shows the chain's identity, its length, its head and how far signed checkpoints reach, and names
effectful calls that were announced by a host which died before it could say how they ended.
This trusts the chain as it is; tollgate chain verify checks it.`,
    options: { ...CHAIN_OPTIONS, json: { kind: "flag", description: "print the status as JSON" } },
    operands: [0, 0],
    examples: [["tollgate chain status --json | jq .sequence", "the number of events"]],
    exits: "With chain status, 1 means that there is no chain yet.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    const located = await locateChain(context);
    if (typeof located === "number") return located;
    const opened = readChain(located, ambient);
    if (!opened.ok) return complain(ambient, opened.fault);
    const { chain } = opened;
    const status = chain.status();
    const open = chain.openIntents();
    await chain.close();
    if (args.flag("json")) {
      sayJson(ambient, { ...status, directory: located.directory, open_intents: open } as unknown as Json);
      return EXIT.ok;
    }
    say(ambient, `chain       ${status.chain_id}`);
    say(ambient, `directory   ${located.directory}`);
    say(ambient, `events      ${status.event_count}`);
    say(ambient, `signed to   ${status.verified_to} (${status.checkpoint_count} checkpoints)`);
    say(ambient, `last hash   ${status.last_hash}`);
    say(ambient, `tree root   ${status.root_hash}`);
    for (const { callId, sequence, host } of open) {
      say(
        ambient,
        `open        call ${callId} of host ${host}, announced at event ${sequence}: its outcome is unknown`,
      );
    }
    return EXIT.ok;
  },
};
