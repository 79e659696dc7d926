import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import { examine } from "../host/tools/examine.ts";
import { CERTIFICATES_FILE, ENVELOPE_FILE, readToolSource } from "../host/tools/tool-source.ts";
import { sealStatement } from "../host/tools/vouch.ts";
import { expandPath } from "../host/xdg.ts";
import { subjectIdOf } from "../trust/certificate.ts";
import { keyIdOf } from "../trust/ed25519.ts";
import { readCertificateFile } from "./certificate-text.ts";
import { type Command, type CommandContext, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { findFile, replaceFile } from "./replace-file.ts";
import { signingKey } from "./signing-key.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";
import { manifestLines } from "./tool-text.ts";

/** Signs a tool in its folder. */
export const toolSign: Command = {
  spec: {
    name: "tool sign",
    summary: "sign a tool in its folder",
    usage: "<folder> [--key FILE] [options]",
    details: `
Signs everything that decides what the tool may do, its module included, and writes tool.dsse.json
into the folder: a DSSE envelope. Without --key it is this host that vouches for it, which counts
on this state directory only; with the key of tollgate key new, wherever that key is trusted.`,
    options: {
      cert: {
        kind: "list",
        placeholder: "FILE",
        description: "the key's certificate, then that of its issuer, and so on",
      },
      key: { kind: "value", placeholder: "FILE", description: "the signing key; this host's own by default" },
      ...TOOL_OPTIONS,
    },
    operands: [1, 1],
    examples: [
      ["tollgate tool sign ./greet", "for this host"],
      ["tollgate tool sign ./greet --key acme.key", "for whoever trusts that key"],
      ["tollgate tool sign ./greet --key ci.key --cert ci.cert.json", "for whoever trusts the key that issued this"],
    ],
    exits: "With tool sign, 1 means that it was not signed.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const typed = args.operands[0] as string;
      const source = await readToolSource(expandPath(typed, ambient.cwd, ambient.env) ?? typed, desk.check, desk.shell);
      if (isFault(source)) return source;
      const examined = await examine(source, desk.shipped, ambient.packageRoot);
      if (isFault(examined)) return examined;
      const { statement } = examined;
      const key = signingKey(desk, args.value("key"), ambient);
      if (isFault(key)) return key;
      const certified = writeCertificates(source.folder, args.list("cert"), key.publicKey, context);
      if (certified !== undefined) return certified;
      const path = join(source.folder, ENVELOPE_FILE);
      const found = findFile(path);
      if (typeof found === "string") return fault("trust", "tool-refused", `${path} ${found}`);
      const written = replaceFile(found, sealStatement(statement, key), ambient.clock(), false);
      if (typeof written === "string") return fault("trust", "tool-refused", `${path} ${written}`);
      const { name, version } = statement.manifest;
      const keyid = keyIdOf(key.publicKey);
      const next = `tollgate tool deploy ${typed}`;
      if (args.flag("json")) {
        sayJson(ambient, {
          tool: name,
          version,
          statement_sha256: statement.sha256,
          module_sha256: statement.module.sha256,
          signed_by: keyid,
          file: path,
          next,
        });
      } else {
        for (const line of manifestLines(statement.manifest)) say(ambient, line);
        say(ambient, `  module      ${statement.module.sha256}`);
        say(ambient, `signed with ${keyid} · ${path}`);
        say(ambient, `next: ${next}`);
      }
      return EXIT.ok;
    }),
};

/** Puts the certificates of a key beside the signature, or takes those of another key away. */
function writeCertificates(
  folder: string,
  files: readonly string[],
  publicKey: Uint8Array,
  { ambient }: CommandContext,
): Fault | undefined {
  const path = join(folder, CERTIFICATES_FILE);
  if (files.length === 0) {
    rmSync(path, { force: true });
    return undefined;
  }
  const documents: unknown[] = [];
  for (const [at, file] of files.entries()) {
    const read = readCertificateFile(file, ambient);
    if (isFault(read)) return read;
    if (at === 0 && subjectIdOf(read.certificate) !== keyIdOf(publicKey)) {
      return fault(
        "trust",
        "certificate-refused",
        "the first certificate is of another key than the one that signs: name that of the key first",
      );
    }
    documents.push(JSON.parse(read.text));
  }
  const found = findFile(path);
  if (typeof found === "string") return fault("trust", "tool-refused", `${path} ${found}`);
  const written = replaceFile(found, `${JSON.stringify(documents)}\n`, ambient.clock(), false);
  return typeof written === "string" ? fault("trust", "tool-refused", `${path} ${written}`) : undefined;
}
