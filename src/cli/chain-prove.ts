import { proofDocument, proveEvent } from "../chain/event-proof.ts";
import { CHAIN_OPTIONS } from "./chain-location.ts";
import { type Command, EXIT, type ExitCode } from "./command.ts";
import { complain, misused, sayJson } from "./output.ts";
import { chainOf } from "./read-chain.ts";

/** Prints what shows somebody else that one event is on this chain. */
export const chainProve: Command = {
  spec: {
    name: "chain prove",
    summary: "a proof that one event is on the chain",
    usage: "<sequence> [options]",
    details: `
Prints one event with its path in the Merkle tree and the signed checkpoint that states the
tree's root, as JSON. Whoever has the chain's public key (host.pub in the state directory) can
check it with tollgate chain verify-proof, and needs nothing else of the chain.`,
    options: CHAIN_OPTIONS,
    operands: [1, 1],
    examples: [["tollgate chain prove 12 > event-12.json", "to keep, or to hand on"]],
    exits: "With chain prove, 1 means that there is no such event, or no chain.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    const typed = args.operands[0] as string;
    if (!/^[1-9]\d{0,14}$/.test(typed))
      return misused(ambient, "the sequence is not a number from 1 on", "chain prove");
    const chain = await chainOf(context);
    if (typeof chain === "number") return chain;
    const proof = await proveEvent(chain, Number(typed));
    await chain.close();
    if ("code" in proof) {
      const code = complain(ambient, proof);
      return proof.layer === "request" ? EXIT.no : code;
    }
    sayJson(ambient, proofDocument(proof));
    return EXIT.ok;
  },
};
