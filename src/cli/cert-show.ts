import { isFault } from "../contract/fault.ts";
import { certificateJson, certificateLines, readCertificateFile } from "./certificate-text.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { declined } from "./tool-desk.ts";

/** Shows what a certificate says; whether it counts is for `cert verify`. */
export const certShow: Command = {
  spec: {
    name: "cert show",
    summary: "what a certificate says",
    usage: "<file> [--json]",
    details: `
Shows whose key a certificate speaks of, who issued it, from when to when it is valid, and what that
key may vouch for. It does not say whether the certificate counts: tollgate cert verify does.`,
    options: { json: { kind: "flag", description: "print JSON" } },
    operands: [1, 1],
    examples: [["tollgate cert show ci.cert.json", "one certificate"]],
    exits: "With cert show, 1 means that it is none.",
  },

  async run(context) {
    const { ambient, args } = context;
    const read = readCertificateFile(args.operands[0] as string, ambient);
    if (isFault(read)) return declined(context, read);
    if (args.flag("json")) sayJson(ambient, certificateJson(read.certificate));
    else for (const line of certificateLines(read.certificate)) say(ambient, line);
    return EXIT.ok;
  },
};
