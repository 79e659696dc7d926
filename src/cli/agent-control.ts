import type { JsonObject } from "../contract/json.ts";
import { pidOf } from "./agent-address.ts";
import { type Command, type CommandSpec, EXIT, type OptionSpecs } from "./command.ts";
import { withOperator } from "./operator-call.ts";
import { say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";

interface Control {
  readonly summary: string;
  readonly details: string;
  readonly options?: OptionSpecs;
  readonly examples: CommandSpec["examples"];
  said(answer: JsonObject, named: string): string;
  args(flag: (name: string) => boolean): JsonObject;
}

/** A command that does one thing to one agent: `tollgate agent <verb> <pid|id>`. */
function control(verb: "stop" | "suspend" | "resume", is: Control): Command {
  return {
    spec: {
      name: `agent ${verb}`,
      summary: is.summary,
      usage: "<pid|id> [options]",
      details: is.details,
      options: {
        ...is.options,
        json: { kind: "flag", description: "print JSON" },
        ...DIR_OPTION,
        ...SETTINGS_OPTIONS,
      },
      operands: [1, 1],
      examples: is.examples,
      exits: `With agent ${verb}, 1 means that there is no such agent, or that its state does not allow it.`,
    },
    run: (context) =>
      withOperator(context, async (operator) => {
        const { ambient, args } = context;
        const named = args.operands[0] as string;
        const pid = await pidOf(named, operator, context);
        if (pid === undefined) return EXIT.no;
        const answer = await operator.call(`agent.${verb}`, { pid, ...is.args(args.flag) });
        if (answer === undefined) return EXIT.no;
        if (args.flag("json")) sayJson(ambient, answer);
        else say(ambient, is.said(answer, named));
        return EXIT.ok;
      }),
  };
}

export const agentStop = control("stop", {
  summary: "end an agent",
  details: `
Ends an agent after the message in hand, and its children with it unless they were spawned to
go on. With --force the message in hand is cut off. What is left in the inbox goes to the dead
letters.`,
  options: { force: { kind: "flag", description: "end it now, in the middle of a message" } },
  examples: [
    ["tollgate agent stop notes", "after the message in hand"],
    ["tollgate agent stop 7 --force", "at once"],
  ],
  args: (flag) => ({ graceful: !flag("force") }),
  said: (answer, named) => `${named} ended with ${answer.exit_code}`,
});

export const agentSuspend = control("suspend", {
  summary: "have an agent handle nothing for now",
  details: `
Has an agent handle nothing after the message in hand. What is sent to it waits in its inbox, of
1 024 messages at most, until tollgate agent resume.`,
  examples: [["tollgate agent suspend notes", "park it"]],
  args: () => ({}),
  said: (_, named) => `${named} is suspended`,
});

export const agentResume = control("resume", {
  summary: "have a suspended agent go on",
  details: `
Has a suspended agent go on with what waits in its inbox, oldest first.`,
  examples: [["tollgate agent resume notes", "go on"]],
  args: () => ({}),
  said: (_, named) => `${named} runs again`,
});
