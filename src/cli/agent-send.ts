import { pidOf } from "./agent-address.ts";
import { type Command, EXIT } from "./command.ts";
import { readMessage } from "./message-operand.ts";
import { withOperator } from "./operator-call.ts";
import { complain, misused, say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";

const LONGEST_WAIT_MS = 3_600_000;

/** Sends one agent a message, and waits for what it replies when asked to. */
export const agentSend: Command = {
  spec: {
    name: "agent send",
    summary: "send an agent a message",
    usage: "<pid|id> <message> [--wait MS] [options]",
    details: `
Puts a message into the agent's inbox, where it is on disk when this command ends. The message
is a JSON object, or text, which becomes {"text": ...}. With --wait, prints what the agent
replies; a host on this state directory must run it, which tollgate serve does.`,
    options: {
      wait: {
        kind: "value",
        placeholder: "MS",
        description: "wait so long for the reply, and print it",
        range: [1, LONGEST_WAIT_MS],
      },
      json: { kind: "flag", description: "print JSON" },
      ...DIR_OPTION,
      ...SETTINGS_OPTIONS,
    },
    operands: [2, 2],
    examples: [
      ["tollgate agent send notes 'buy milk'", "text"],
      [`tollgate agent send notes '{"op": "list"}' --wait 2000`, "a question, and its answer"],
    ],
    exits: "With agent send, 1 means that it was refused, or that no reply came in time.",
  },

  async run(context) {
    const { ambient, args } = context;
    const [named, typed] = args.operands as readonly [string, string];
    const message = readMessage(typed);
    if (typeof message === "string") return misused(ambient, message, "agent send");
    return withOperator(context, async (operator) => {
      const pid = await pidOf(named, operator, context);
      if (pid === undefined) return EXIT.no;
      const body = "payload" in message ? message.payload : { text: message.text };
      const wait = args.number("wait");
      const caller = { principal: "operator:cli", pid: 0 };
      const expected = wait === undefined ? undefined : await operator.host.requests.expect(caller);
      if (expected !== undefined && "code" in expected) return complain(ambient, expected);
      const sent = await operator.call("agent.send", { pid, message: body });
      if (sent === undefined || expected === undefined || wait === undefined) {
        expected?.drop();
        if (sent === undefined) return EXIT.no;
        if (args.flag("json")) sayJson(ambient, sent);
        else say(ambient, `sent to pid ${sent.pid} as message ${sent.msg_id}`);
        return EXIT.ok;
      }
      const reply = await expected.reply(pid, sent.msg_id as number, wait, context.signal);
      if ("code" in reply) {
        complain(ambient, reply);
        return EXIT.no;
      }
      sayJson(ambient, reply.message);
      return EXIT.ok;
    });
  },
};
