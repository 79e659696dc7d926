import { readFileSync } from "node:fs";
import type { JsonObject } from "../contract/json.ts";
import { parseJson } from "../contract/strict-json.ts";
import { type Command, EXIT } from "./command.ts";
import { withOperator } from "./operator-call.ts";
import { misused, say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";

/** Spawns an agent as the operator. */
export const agentSpawn: Command = {
  spec: {
    name: "agent spawn",
    summary: "begin an agent",
    usage: "<id> [--template NAME] [--capabilities JSON|@FILE] [options]",
    details: `
Begins an agent: a durable inbox, and a template that handles one message at a time in a fresh
store, as the principal agent:<id>. It may do only what its capabilities say, and those are
nothing unless you give some. It runs in the hosts on this state directory (tollgate serve),
so one that is spawned while none runs waits for the next.

Capabilities are one JSON object, all of it optional: tools (names, "fs.*"), roots ({path,
access}), ipc ("none", "self", "children", "all", {"topics": [...]}), env, limits, budget,
supervision.

The templates that ship are mailbox, echo, router and watcher; one that you deployed (tollgate tool
new --template) goes by its name, such as acme.notes.`,
    options: {
      template: { kind: "value", placeholder: "NAME", description: "what handles its messages (mailbox)" },
      capabilities: { kind: "value", placeholder: "JSON", description: "what it may do; @FILE reads it from a file" },
      backend: {
        kind: "value",
        placeholder: "NAME",
        description: "where it runs (wasm)",
        choices: ["wasm", "native", "container"],
      },
      json: { kind: "flag", description: "print JSON" },
      ...DIR_OPTION,
      ...SETTINGS_OPTIONS,
    },
    operands: [1, 1],
    examples: [
      ["tollgate agent spawn notes", "a mailbox"],
      [
        `tollgate agent spawn w --template watcher --capabilities '{"tools": ["fs.stat"], "ipc": "children"}'`,
        "one that may call a tool",
      ],
      ["tollgate agent spawn w --template watcher --capabilities @watcher.json", "the same from a file"],
    ],
    exits: "With agent spawn, 1 means that it was refused.",
  },

  async run(context) {
    const { ambient, args } = context;
    const capabilities = readCapabilities(args.value("capabilities"));
    if (typeof capabilities === "string") return misused(ambient, capabilities, "agent spawn");
    const template = args.value("template");
    const backend = args.value("backend");
    return withOperator(context, async (operator) => {
      const answer = await operator.call("agent.spawn", {
        agent_id: args.operands[0] as string,
        ...(template !== undefined && { template }),
        ...(backend !== undefined && { backend }),
        ...(capabilities !== undefined && { capabilities }),
      });
      if (answer === undefined) return EXIT.no;
      if (args.flag("json")) sayJson(ambient, answer);
      else say(ambient, `${answer.agent_id} · pid ${answer.pid} · ${answer.state}`);
      return EXIT.ok;
    });
  },
};

function readCapabilities(given: string | undefined): JsonObject | string | undefined {
  if (given === undefined) return undefined;
  let text = given;
  if (given.startsWith("@")) {
    try {
      text = readFileSync(given.slice(1), "utf8");
    } catch (error) {
      return `the file of --capabilities cannot be read: ${(error as NodeJS.ErrnoException).code}`;
    }
  }
  const parsed = parseJson(text);
  if (!parsed.ok) return `the capabilities are not JSON: ${parsed.reason}`;
  const { value } = parsed;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return "the capabilities are not a JSON object";
  return value as JsonObject;
}
