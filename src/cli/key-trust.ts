import { isFault } from "../contract/fault.ts";
import { trustKey } from "../kernel/tools/keys.ts";
import { isScope } from "../trust/bounds.ts";
import { LONGEST_CHAIN } from "../trust/certificate.ts";
import { keyIdOf } from "../trust/ed25519.ts";
import { isKeyName } from "../trust/key-name.ts";
import { type Command, EXIT } from "./command.ts";
import { readPublicKey } from "./key-files.ts";
import { misused, say, sayJson } from "./output.ts";
import { daysFromNow, readEffect } from "./signing-bounds.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

/** Trusts a key to sign for tools. */
export const keyTrust: Command = {
  spec: {
    name: "key trust",
    summary: "trust a key to sign for tools, within bounds",
    usage: "<public key|file> --scope NAME [options]",
    details: `
Trusts a public key (name+hash+base64, or the file that holds it) to sign for the tools that its
scopes name. Compare its id with its owner's first: tollgate key list shows it. Trusting a key that
is trusted already changes its bounds. A key that signs certificates needs --may-issue.`,
    options: {
      scope: {
        kind: "list",
        placeholder: "NAME",
        description: "what it may sign for: acme.*, acme.greet or '*'; repeatable",
      },
      name: { kind: "value", placeholder: "NAME", description: "what to call it; the name in the key by default" },
      days: {
        kind: "value",
        placeholder: "N",
        description: "nothing is taken in by it after so many days",
        range: [1, 36_500],
      },
      "max-effect": {
        kind: "value",
        placeholder: "SCORE",
        description: "the largest base effect that it may sign for",
      },
      "may-issue": {
        kind: "value",
        placeholder: "N",
        description: "certificates that may follow below it; 0 by default",
        range: [0, LONGEST_CHAIN],
      },
      again: { kind: "flag", description: "also where it was revoked before" },
      ...TOOL_OPTIONS,
    },
    operands: [1, 1],
    examples: [
      ["tollgate key trust acme.pub --scope 'acme.*' --days 365", "for a year, for acme's tools"],
      ["tollgate key trust acme.pub --scope 'acme.*' --max-effect 0.3", "for harmless ones only"],
    ],
    exits: "With key trust, 1 means that nothing was changed.",
  },

  run: (context) => {
    const { ambient, args } = context;
    const scopes = args.list("scope");
    if (scopes.length === 0)
      return Promise.resolve(misused(ambient, "say what it may sign for with --scope", "key trust"));
    if (scopes.length > 32 || !scopes.every(isScope)) {
      return Promise.resolve(misused(ambient, "a scope is a tool's name, a prefix such as acme.*, or *", "key trust"));
    }
    const effect = readEffect(args.value("max-effect"));
    if (effect === null)
      return Promise.resolve(misused(ambient, "--max-effect is a number from 0 to 2.236", "key trust"));
    return withToolDesk(context, async (desk) => {
      const read = readPublicKey(args.operands[0] as string, ambient);
      if (isFault(read)) return read;
      const name = args.value("name") ?? read.name;
      if (!isKeyName(name))
        return misused(ambient, "a key's name has lower-case letters, digits, _, ., @ and -: give --name", "key trust");
      const keyid = keyIdOf(read.key);
      const days = args.number("days");
      const done = await desk.commit((state) =>
        trustKey(
          state,
          {
            keyid,
            name,
            public_key: Buffer.from(read.key).toString("base64"),
            scopes,
            ...(days !== undefined && { expires: daysFromNow(days, ambient.clock()) }),
            ...(effect !== undefined && { max_effect: effect }),
            may_issue: args.number("may-issue") ?? 0,
          },
          args.flag("again"),
        ),
      );
      if (isFault(done)) return done;
      const next = "tollgate tool deploy <folder>";
      if (args.flag("json"))
        sayJson(ambient, { ...(done.value as object), key_id: keyid, sequence: done.sequence, next } as never);
      else {
        say(ambient, `${name} · ${keyid}`);
        say(ambient, `may sign for ${scopes.join(", ")}${effect === undefined ? "" : ` up to an effect of ${effect}`}`);
        say(ambient, `trusted · #${done.sequence}`);
        say(ambient, `next: ${next}`);
      }
      return EXIT.ok;
    });
  },
};
