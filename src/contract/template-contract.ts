import type { JsonObject } from "./json.ts";

/**
 * What every template of agents takes, whoever made it: JSON Schema 2020-12 of one message as the host gives it. The
 * manifests of the templates that ship state the same.
 */
export const TEMPLATE_PARAMETERS: JsonObject = {
  type: "object",
  additionalProperties: false,
  properties: {
    message: {
      type: "object",
      title: "Message",
      description: "What the agent was sent.",
    },
    msg_id: {
      type: "integer",
      title: "Message id",
      description: "The message's number.",
      minimum: 0,
      maximum: 9007199254740991,
    },
    from: {
      type: "string",
      title: "From",
      description: "Who sent it, as the host knows: client:stdio, agent:x, operator:cli, job:3.",
      minLength: 1,
      maxLength: 256,
    },
    from_pid: {
      type: "integer",
      title: "From pid",
      description: "The sender's address; 0 where it has none.",
      minimum: 0,
      maximum: 9007199254740991,
    },
    topic: {
      type: "string",
      title: "Topic",
      description: "The topic that it was sent to; absent for a message to the agent itself.",
      minLength: 1,
      maxLength: 200,
    },
    in_reply_to: {
      type: "integer",
      title: "In reply to",
      description: "The message of this agent that it answers.",
      minimum: 0,
      maximum: 9007199254740991,
    },
    agent: {
      type: "object",
      title: "Agent",
      description: "The agent itself.",
      additionalProperties: false,
      properties: {
        pid: {
          type: "integer",
          title: "Pid",
          description: "Its address.",
          minimum: 1,
          maximum: 9007199254740991,
        },
        agent_id: {
          type: "string",
          title: "Agent id",
          description: "Its name.",
          pattern: "^[a-z][a-z0-9_-]{0,62}$",
          maxLength: 63,
        },
        parent_pid: {
          type: "integer",
          title: "Parent pid",
          description: "The agent that spawned it; 0 where a client or an operator did.",
          minimum: 0,
          maximum: 9007199254740991,
        },
      },
      required: ["pid", "agent_id", "parent_pid"],
    },
    state: {
      title: "State",
      description: "What the run before this one answered; null before the first.",
    },
  },
  required: ["message", "msg_id", "from", "from_pid", "agent", "state"],
};

/** What every template answers: JSON Schema 2020-12 of what becomes of the message. */
export const TEMPLATE_OUTPUT: JsonObject = {
  type: "object",
  additionalProperties: false,
  properties: {
    state: {
      title: "State",
      description: "The new state; it stays as it is where this is absent.",
    },
    send: {
      type: "array",
      title: "Send",
      description: "Messages to others.",
      items: {
        type: "object",
        additionalProperties: false,
        properties: {
          to_pid: {
            type: "integer",
            title: "Pid",
            description: "The pid to send to.",
            minimum: 1,
            maximum: 9007199254740991,
          },
          topic: {
            type: "string",
            title: "Topic",
            description: "The topic to send to.",
            minLength: 1,
            maxLength: 200,
          },
          message: {
            type: "object",
            title: "Message",
            description: "What is sent.",
          },
        },
        required: ["message"],
      },
      maxItems: 64,
    },
    reply: {
      type: "object",
      title: "Reply",
      description: "What is answered to the sender.",
    },
    log: {
      type: "array",
      title: "Log",
      description: "Lines for the agent's log.",
      items: {
        type: "string",
        maxLength: 4096,
      },
      maxItems: 50,
    },
    exit: {
      type: "object",
      title: "Exit",
      description: "Given where the agent is to end.",
      additionalProperties: false,
      properties: {
        code: {
          type: "integer",
          title: "Code",
          description: "Its exit code.",
          minimum: 0,
          maximum: 255,
        },
        reason: {
          type: "string",
          title: "Reason",
          description: "Why.",
          maxLength: 200,
        },
      },
      required: ["code"],
    },
  },
};

/** How templates that ship are named among the tools; those that were deployed have a name of their maker there. */
const SHIPPED_PREFIX = "template.";

/** The tool that handles the messages of agents of this template. */
export const toolOfTemplate = (template: string): string =>
  template.includes(".") ? template : `${SHIPPED_PREFIX}${template}`;

/** What a template is called where agents are spawned: echo, or acme.notes for one that was deployed. */
export const templateOfTool = (tool: string): string =>
  tool.startsWith(SHIPPED_PREFIX) ? tool.slice(SHIPPED_PREFIX.length) : tool;
