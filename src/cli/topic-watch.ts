import type { DeliveredMessage } from "../contract/messages.ts";
import { type Command, EXIT } from "./command.ts";
import { withOperator } from "./operator-call.ts";
import { say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";

/** Subscribes, and prints what comes until it is interrupted. */
export const topicWatch: Command = {
  spec: {
    name: "topic watch",
    summary: "print what is sent to a topic, as it comes",
    usage: "<pattern> [--json] [options]",
    details: `
Subscribes to a pattern (* is one segment, ** any number) and prints each message as it comes,
until it is interrupted. The subscription ends with the command.`,
    options: {
      json: { kind: "flag", description: "print one JSON message a line" },
      ...DIR_OPTION,
      ...SETTINGS_OPTIONS,
    },
    operands: [1, 1],
    examples: [
      ["tollgate topic watch 'build.**'", "all about builds"],
      ["tollgate topic watch '**' --json | jq .message", "everything, for a script"],
    ],
    exits: "With topic watch, 1 means that the subscription was refused.",
  },

  run: (context) =>
    withOperator(context, async (operator) => {
      const { ambient, args, signal } = context;
      const json = args.flag("json");
      const stop = operator.host.inbox?.listen((event) => {
        if (event.kind !== "message") return;
        if (json) sayJson(ambient, event.message as never);
        else say(ambient, messageLine(event.message));
      });
      const answer = await operator.call("ipc.subscribe", { topic: args.operands[0] as string });
      if (answer === undefined) return EXIT.no;
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        // A timer keeps the process: what it waits for is in other processes.
        const alive = setInterval(() => {}, 2 ** 30);
        signal.addEventListener("abort", () => {
          clearInterval(alive);
          resolve();
        });
      });
      stop?.();
      return EXIT.ok;
    }),
};

function messageLine({ msg_id, sent, topic, from, message }: DeliveredMessage): string {
  return [`#${msg_id}`, sent, topic ?? "-", from, JSON.stringify(message)].join("  ");
}
