import { fault, isFault } from "../contract/fault.ts";
import { isScope } from "../trust/bounds.ts";
import {
  CERTIFICATE_PAYLOAD,
  type CertificateClaims,
  certificatePayload,
  LONGEST_CHAIN,
  readCertificate,
} from "../trust/certificate.ts";
import { encodeEnvelope, preAuthEncoding } from "../trust/dsse.ts";
import { keyIdOf } from "../trust/ed25519.ts";
import { isKeyName } from "../trust/key-name.ts";
import { certificateLines } from "./certificate-text.ts";
import { type Command, EXIT } from "./command.ts";
import { readPublicKey, readSigningKey, writeNewFile } from "./key-files.ts";
import { misused, say, sayJson } from "./output.ts";
import { daysFromNow, readEffect } from "./signing-bounds.ts";
import { declined } from "./tool-desk.ts";

/** Issues a certificate: one key says what another may vouch for. */
export const certIssue: Command = {
  spec: {
    name: "cert issue",
    summary: "issue a certificate: what another key may vouch for",
    usage: "<public key|file> --key FILE --scope NAME --days N [options]",
    details: `
Signs, with your key, what another may vouch for: tools by scope, for how long, up to which effect.
Whoever trusts your key with --may-issue then accepts what that key signs, within both bounds. The
certificate goes to a file that must not be there yet.`,
    options: {
      key: { kind: "value", placeholder: "FILE", description: "the key that issues it" },
      scope: {
        kind: "list",
        placeholder: "NAME",
        description: "what it may sign for: acme.* or acme.greet; repeatable",
      },
      days: { kind: "value", placeholder: "N", description: "for how many days", range: [1, 3650] },
      "max-effect": {
        kind: "value",
        placeholder: "SCORE",
        description: "the largest base effect that it may sign for",
      },
      "may-issue": {
        kind: "value",
        placeholder: "N",
        description: "certificates that may follow below it",
        range: [0, LONGEST_CHAIN - 1],
      },
      name: { kind: "value", placeholder: "NAME", description: "whose key it is; the name in the key by default" },
      out: { kind: "value", placeholder: "FILE", description: "where it goes; <name>.cert.json by default" },
      json: { kind: "flag", description: "print JSON" },
    },
    operands: [1, 1],
    examples: [
      [
        "tollgate cert issue ci.pub --key acme.key --scope 'acme.*' --days 30",
        "let the build machine sign for a month",
      ],
    ],
    exits: "With cert issue, 1 means that nothing was written.",
  },

  async run(context) {
    const { ambient, args } = context;
    const wrong = (what: string) => misused(ambient, what, "cert issue");
    const [file, days, scopes] = [args.value("key"), args.number("days"), args.list("scope")];
    if (file === undefined) return wrong("say which key issues it with --key");
    if (days === undefined) return wrong("say for how long with --days");
    if (scopes.length === 0 || scopes.length > 32 || !scopes.every(isScope))
      return wrong("say what it may sign for with --scope, such as acme.*");
    const effect = readEffect(args.value("max-effect"));
    if (effect === null) return wrong("--max-effect is a number from 0 to 2.236");
    const issuer = readSigningKey(file, ambient);
    if (isFault(issuer)) return declined(context, issuer);
    const subject = readPublicKey(args.operands[0] as string, ambient);
    if (isFault(subject)) return declined(context, subject);
    const name = args.value("name") ?? subject.name;
    if (!isKeyName(name)) return wrong("a name has lower-case letters, digits, _, ., @ and -: give --name");
    if (keyIdOf(subject.key) === keyIdOf(issuer.publicKey)) {
      return declined(
        context,
        fault("trust", "certificate-refused", "a key does not vouch for itself: name another public key"),
      );
    }
    const now = ambient.clock();
    const claims: CertificateClaims = {
      subject: { name, key: subject.key },
      issuer: keyIdOf(issuer.publicKey),
      not_before: daysFromNow(0, now),
      not_after: daysFromNow(days, now),
      scopes,
      ...(effect !== undefined && { max_effect: effect }),
      may_issue: args.number("may-issue") ?? 0,
    };
    const payload = certificatePayload(claims);
    const sig = issuer.signEnvelope(preAuthEncoding(CERTIFICATE_PAYLOAD, payload));
    const text = encodeEnvelope({
      payloadType: CERTIFICATE_PAYLOAD,
      payload,
      signatures: [{ keyid: claims.issuer, sig }],
    });
    const certificate = readCertificate(text);
    if (isFault(certificate)) return declined(context, certificate);
    const out = args.value("out") ?? `${name}.cert.json`;
    const unwritten = writeNewFile(out, text, 0o644, ambient);
    if (unwritten !== undefined) return declined(context, fault("trust", "certificate-refused", unwritten));
    const next = `tollgate tool sign <folder> --key ${name}.key --cert ${out}`;
    if (args.flag("json"))
      sayJson(ambient, {
        file: out,
        sha256: certificate.sha256,
        subject: keyIdOf(subject.key),
        issuer: claims.issuer,
        next,
      });
    else {
      for (const line of certificateLines(certificate)) say(ambient, line);
      say(ambient, `issued · ${out}`);
      say(ambient, `next: ${next}`);
    }
    return EXIT.ok;
  },
};
