import { isFault } from "../contract/fault.ts";
import { signingTrust } from "../host/tools/signing-trust.ts";
import type { Certificate } from "../trust/certificate.ts";
import { verifyChain } from "../trust/certificate-chain.ts";
import { certificateLines, readCertificateFile } from "./certificate-text.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Says whether a chain of certificates leads to a key that is trusted here. */
export const certVerify: Command = {
  spec: {
    name: "cert verify",
    summary: "whether certificates lead to a key that is trusted here",
    usage: "<leaf> [issuer...] [options]",
    details: `
Verifies a chain of certificates as a deploy does: the leaf first, each then the one of its issuer,
up to a key that is trusted here. Signatures, times, scopes, effects and revocations are all checked.`,
    options: TOOL_OPTIONS,
    operands: [1, 4],
    examples: [["tollgate cert verify ci.cert.json team.cert.json", "two certificates"]],
    exits: "With cert verify, 1 means that they do not count, and why.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const chain: Certificate[] = [];
      for (const file of args.operands) {
        const read = readCertificateFile(file, ambient);
        if (isFault(read)) return read;
        chain.push(read.certificate);
      }
      const verified = desk.chain.read((state) =>
        verifyChain(chain, signingTrust(state, desk.stateDirectory), ambient.clock()),
      );
      if (isFault(verified)) return verified;
      const { leaf, via, bounds } = verified;
      if (args.flag("json"))
        sayJson(ambient, { ok: true, leaf: leaf.keyid, via: [...via], scopes: [...bounds.scopes] });
      else {
        for (const certificate of chain) for (const line of certificateLines(certificate)) say(ambient, line);
        say(ambient, `leads to ${via.at(-1)}, which is trusted here`);
      }
      return EXIT.ok;
    }),
};
