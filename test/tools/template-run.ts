import type { Fault } from "../../src/contract/fault.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import { type GuestRun, openGuestStore, problemOf } from "./guest-store.ts";

/** Answers a call of a tool by a template. */
export type CallTool = (tool: string, args: JsonObject) => JsonObject | Fault;

let callTool: CallTool = () => ({});
const store = openGuestStore({
  "tool.call": {
    handler: (request) => {
      const { tool, args } = JSON.parse(new TextDecoder().decode(request));
      const answer = callTool(tool, args);
      return "code" in answer && "layer" in answer
        ? (answer as unknown as Fault)
        : Buffer.from(JSON.stringify({ ok: true, answer }));
    },
    answerBytes: 1_048_576,
  },
});

export const closeTemplates = () => store.close();

export const runTemplate = (name: string, stdin: Uint8Array | JsonObject): Promise<GuestRun> =>
  store.run(`template.${name}`, stdin);

/** What may stand beside a message. */
export interface Beside {
  readonly from?: string;
  readonly from_pid?: number;
  readonly topic?: string;
  readonly in_reply_to?: number;
}

export const input = (
  message: JsonObject,
  beside: Beside = {},
  state: JsonObject | null = null,
  msgId = 10,
): JsonObject => ({
  message,
  msg_id: msgId,
  from: "client:stdio",
  from_pid: 2,
  ...beside,
  agent: { pid: 5, agent_id: "a", parent_pid: 0 },
  state,
});

/** An agent of a template with its state between messages; each answer must meet the template's schema. */
export function agent(template: string, tools: CallTool = () => ({})) {
  let state: JsonObject | null = null;
  let msgId = 10;
  return {
    state: () => state,
    // biome-ignore lint/suspicious/noExplicitAny: tests read what the output schema promises
    async tell(message: JsonObject, beside: Beside = {}): Promise<any> {
      callTool = tools;
      const document = input(message, beside, state, msgId++);
      const wrong = problemOf(`template.${template}`, "parameters", document);
      if (wrong !== undefined) throw new Error(wrong);
      const { ending, answer } = await runTemplate(template, document);
      if (ending !== "exited 0") throw new Error(`${ending}: ${JSON.stringify(answer)}`);
      const bad = problemOf(`template.${template}`, "output", answer);
      if (bad !== undefined) throw new Error(bad);
      if ("state" in answer) state = answer.state;
      return answer;
    },
  };
}
