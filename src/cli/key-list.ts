import { isFault } from "../contract/fault.ts";
import { revokedKeys, trustedKeys } from "../kernel/tools/keys.ts";
import { keyIdOf } from "../trust/ed25519.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { table } from "./table.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Lists whose signatures count here, and whose do not any more. */
export const keyList: Command = {
  spec: {
    name: "key list",
    summary: "the keys whose signatures count here, and the revoked ones",
    usage: "[options]",
    details: `
Lists this host's own key, the keys that are trusted with their bounds, and those that were revoked
with the reason.`,
    options: TOOL_OPTIONS,
    operands: [0, 0],
    examples: [["tollgate key list", "who may vouch for tools"]],
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const own = desk.hostKey();
      if (isFault(own)) return own;
      const host = keyIdOf(own.verifier.publicKey);
      const { trusted, revoked } = desk.chain.read((state) => ({
        trusted: trustedKeys(state),
        revoked: revokedKeys(state),
      }));
      if (args.flag("json")) {
        sayJson(ambient, { host, trusted: trusted as never, revoked: revoked as never });
        return EXIT.ok;
      }
      const now = ambient.clock();
      const rows = [
        ["this host", host, "what it builds", ""],
        ...trusted.map(({ name, keyid, scopes, expires, max_effect, may_issue }) => [
          name,
          keyid,
          scopes.join(", "),
          [
            ...(expires === undefined
              ? []
              : [`${now < expires ? "until" : "expired"} ${new Date(expires).toISOString().slice(0, 10)}`]),
            ...(max_effect === undefined ? [] : [`effect up to ${max_effect}`]),
            ...(may_issue === 0 ? [] : [`issues certificates, ${may_issue} deep`]),
          ].join(", "),
        ]),
        ...revoked.map(({ name, keyid, reason }) => [name ?? "-", keyid, "revoked", reason]),
      ];
      for (const line of table(["NAME", "KEY ID", "MAY SIGN FOR", ""], rows)) say(ambient, line);
      return EXIT.ok;
    }),
};
