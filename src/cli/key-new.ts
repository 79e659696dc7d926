import { encodeSigningKey, encodeVerifierKey, noteSigner } from "../chain/signed-note.ts";
import { keyIdOf } from "../trust/ed25519.ts";
import { isKeyName } from "../trust/key-name.ts";
import { type Command, EXIT } from "./command.ts";
import { writeNewFile } from "./key-files.ts";
import { misused, note, say, sayJson } from "./output.ts";

const SEED_BYTES = 32;

/** Makes a key to sign tools and certificates with. */
export const keyNew: Command = {
  spec: {
    name: "key new",
    summary: "make a key to sign tools with",
    usage: "<name> [--out FILE]",
    details: `
Makes an Ed25519 key and writes it to two files that must not be there yet: <name>.key, which is
secret (mode 0600), and <name>.pub, for whoever is to trust it. Nobody trusts it by that, not even
this host. Keep the secret file away from where tools run.`,
    options: {
      out: { kind: "value", placeholder: "FILE", description: "where the secret key goes; <name>.key by default" },
      json: { kind: "flag", description: "print JSON" },
    },
    operands: [1, 1],
    examples: [["tollgate key new acme", "acme.key and acme.pub"]],
    exits: "With key new, 1 means that nothing was written.",
  },

  async run({ ambient, args }) {
    const name = args.operands[0] as string;
    if (!isKeyName(name))
      return misused(ambient, "a key's name has lower-case letters, digits, _, ., @ and -", "key new");
    const file = args.value("out") ?? `${name}.key`;
    const publicFile = file.endsWith(".key") ? `${file.slice(0, -4)}.pub` : `${file}.pub`;
    const seed = ambient.random(SEED_BYTES);
    const { verifier } = noteSigner(name, seed);
    const problem =
      writeNewFile(file, `${encodeSigningKey(name, seed)}\n`, 0o600, ambient) ??
      writeNewFile(publicFile, `${encodeVerifierKey(verifier)}\n`, 0o644, ambient);
    if (problem !== undefined) {
      note(ambient, `tollgate: ${problem}`);
      return EXIT.no;
    }
    const keyid = keyIdOf(verifier.publicKey);
    const next = `tollgate key trust ${publicFile} --scope '${name}.*'`;
    if (args.flag("json")) sayJson(ambient, { name, key_id: keyid, secret: file, public: publicFile, next });
    else {
      say(ambient, `${name} · ${keyid}`);
      say(ambient, `secret: ${file} · public: ${publicFile}`);
      say(ambient, `next: ${next}, wherever its tools are to run`);
    }
    return EXIT.ok;
  },
};
