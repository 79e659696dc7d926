import { type Command, EXIT } from "./command.ts";
import { readMessage } from "./message-operand.ts";
import { withOperator } from "./operator-call.ts";
import { misused, say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";

/** Sends a message to whoever is subscribed to a topic. */
export const topicSend: Command = {
  spec: {
    name: "topic send",
    summary: "send a message to a topic",
    usage: "<topic> <message> [options]",
    details: `
Sends a message to everyone whose subscription matches the topic: agents, and clients that
subscribed with ipc.subscribe. A topic is segments joined by dots, such as build.linux.done.
The message is a JSON object, or text, which becomes {"text": ...}.`,
    options: { json: { kind: "flag", description: "print JSON" }, ...DIR_OPTION, ...SETTINGS_OPTIONS },
    operands: [2, 2],
    examples: [[`tollgate topic send build.done '{"ok": true}'`, "tell all who listen"]],
    exits: "With topic send, 1 means that it was refused. A topic without listeners is no error.",
  },

  async run(context) {
    const { ambient, args } = context;
    const [topic, typed] = args.operands as readonly [string, string];
    const message = readMessage(typed);
    if (typeof message === "string") return misused(ambient, message, "topic send");
    return withOperator(context, async (operator) => {
      const answer = await operator.call("ipc.send", { topic, ...message });
      if (answer === undefined) return EXIT.no;
      if (args.flag("json")) sayJson(ambient, answer);
      else say(ambient, `sent as message ${answer.msg_id} to ${answer.receivers} receivers`);
      return EXIT.ok;
    });
  },
};
