import { isFault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import { findKey, untrustKey } from "../kernel/tools/keys.ts";
import { soundActiveVersions } from "../kernel/tools/versions.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Revokes a key: nothing that it vouches for runs any more. */
export const keyUntrust: Command = {
  spec: {
    name: "key untrust",
    summary: "revoke a key: nothing that it vouches for runs any more",
    usage: "<name|key id> --reason TEXT [options]",
    details: `
Revokes a key, trusted or not. Every version that it signed, or that was signed under a certificate
below it, stops at once in every host on this state directory. A key that was never trusted here,
such as one in a certificate, is named by its whole id.`,
    options: {
      reason: { kind: "value", placeholder: "TEXT", description: "why; it stands in every refusal and on the chain" },
      ...TOOL_OPTIONS,
    },
    operands: [1, 1],
    examples: [["tollgate key untrust acme --reason 'the laptop was stolen'", "stop all that it vouches for"]],
    exits: "With key untrust, 1 means that nothing was changed.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const reason = safeText(args.value("reason") ?? "no reason was given", 500);
      const keyid = desk.chain.read((state) => findKey(state, args.operands[0] as string));
      if (isFault(keyid)) return keyid;
      const done = await desk.commit((state) => untrustKey(state, keyid, reason));
      if (isFault(done)) return done;
      const stopped = desk.chain
        .read(soundActiveVersions)
        .filter(({ record: { signer } }) => signer.keyid === keyid || signer.via?.includes(keyid) === true)
        .map(({ name, record }) => `${name} ${record.version}`);
      const next = "tollgate tool list";
      if (args.flag("json")) sayJson(ambient, { key_id: keyid, reason, stopped, sequence: done.sequence, next });
      else {
        say(ambient, `${keyid} is revoked · #${done.sequence}`);
        say(ambient, stopped.length === 0 ? "nothing ran by it" : `stopped: ${stopped.join(", ")}`);
        say(ambient, `next: ${next}`);
      }
      return EXIT.ok;
    }),
};
