import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkProof } from "../chain/event-proof.ts";
import { PUBLIC_KEY_FILE } from "../chain/host-key.ts";
import { decodeVerifierKey } from "../chain/signed-note.ts";
import { fault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import { parseJson } from "../contract/strict-json.ts";
import { CONFIGURATION_INVALID } from "../host/config-file.ts";
import { expandPath } from "../host/xdg.ts";
import { CHAIN_OPTIONS, locateChain } from "./chain-location.ts";
import { type Command, type CommandContext, EXIT, type ExitCode } from "./command.ts";
import { complain, note, say } from "./output.ts";

/** Checks what {@link chainProve} printed, also without a chain. */
export const chainVerifyProof: Command = {
  spec: {
    name: "chain verify-proof",
    summary: "check a proof that an event is on a chain",
    usage: "<file> [--public-key FILE] [options]",
    details: `
Checks what tollgate chain prove printed: the event's hash, its path to the root of the tree, and
the signature of the checkpoint that states the root. With --public-key no chain is needed;
without, the key is the one in the state directory.`,
    options: {
      ...CHAIN_OPTIONS,
      "public-key": { kind: "value", placeholder: "FILE", description: "the verifier key (host.pub) of the chain" },
    },
    operands: [1, 1],
    examples: [["tollgate chain verify-proof event-12.json --public-key host.pub", "as whoever was handed the proof"]],
    exits: "With chain verify-proof, 1 means that the proof does not hold.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    let keyFile = args.value("public-key");
    if (keyFile === undefined) {
      const located = await locateChain(context);
      if (typeof located === "number") return located;
      keyFile = join(located.directory, PUBLIC_KEY_FILE);
    }
    const key = readText(context, keyFile);
    if (typeof key === "number") return key;
    const verifier = decodeVerifierKey(key);
    if (verifier === undefined) return unusable(context, keyFile, "it is not a verifier key");
    const file = args.operands[0] as string;
    const text = readText(context, file);
    if (typeof text === "number") return text;
    const parsed = parseJson(text);
    const checked = parsed.ok ? checkProof(parsed.value, verifier) : `it is not JSON: ${parsed.reason}`;
    if (typeof checked === "string") {
      note(ambient, `tollgate: the proof does not hold: ${checked}`);
      return EXIT.no;
    }
    say(ambient, `event ${checked.sequence} is on the chain ${verifier.name}`);
    return EXIT.ok;
  },
};

function readText(context: CommandContext, file: string): string | ExitCode {
  const { cwd, env } = context.ambient;
  try {
    return readFileSync(expandPath(file, cwd, env) ?? file, "utf8");
  } catch (error) {
    return unusable(context, file, `it cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

const unusable = ({ ambient }: CommandContext, file: string, why: string): ExitCode =>
  complain(ambient, fault("host", CONFIGURATION_INVALID, `${safeText(file, 300)}: ${why}: name another file`));
