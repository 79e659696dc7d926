import type { Json } from "../contract/json.ts";
import { deadLetters } from "../kernel/ipc/dead-letters.ts";
import type { DeadLetter } from "../kernel/records.ts";
import { CHAIN_OPTIONS } from "./chain-location.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { chainOf } from "./read-chain.ts";
import { table } from "./table.ts";

/** Lists the messages that nobody will handle, and why. */
export const agentDead: Command = {
  spec: {
    name: "agent dead",
    summary: "the messages that nobody will handle, and why",
    usage: "[--json] [options]",
    details: `
Lists the dead letters, newest first: messages whose receiver exited or had no room, that crashed
their agent three times (poison), or that an agent was not allowed to send. The last 1 000 are
kept. With --json each comes with its contents.`,
    options: { json: { kind: "flag", description: "print JSON, with the messages" }, ...CHAIN_OPTIONS },
    operands: [0, 0],
    examples: [
      ["tollgate agent dead", "what was lost, and why"],
      ["tollgate agent dead --json | jq '.[] | select(.reason == \"poison\").message'", "what crashed an agent"],
    ],
    exits: "With agent dead, 1 means that there is no state yet.",
  },

  async run(context) {
    const { ambient, args } = context;
    const chain = await chainOf(context);
    if (typeof chain === "number") return chain;
    const letters = chain.read((state) => deadLetters(state));
    await chain.close();
    if (args.flag("json")) sayJson(ambient, letters as unknown as Json);
    else for (const line of letterLines(letters)) say(ambient, line);
    return EXIT.ok;
  },
};

function letterLines(letters: readonly DeadLetter[]): string[] {
  if (letters.length === 0) return ["no dead letters"];
  const rows = letters.map(({ message: { msg_id, from, topic }, to_pid, reason, died }) => [
    String(msg_id),
    new Date(died).toISOString(),
    from,
    to_pid === 0 ? "-" : String(to_pid),
    topic ?? "-",
    reason,
  ]);
  return table(["MESSAGE", "DIED", "FROM", "TO", "TOPIC", "REASON"], rows);
}
