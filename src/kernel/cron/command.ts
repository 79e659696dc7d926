import { type Fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import { parseJson } from "../../contract/strict-json.ts";
import { refused } from "../fault.ts";

/** Most bytes of a command. */
export const COMMAND_BYTES = 16 * 1024;

/** The call that a job without a target makes. */
export interface ToolCommand {
  readonly tool: string;
  readonly args: JsonObject;
}

/**
 * Reads `fs.stat {"path":"a.txt"}`, a tool's name alone, or `{"tool":"fs.stat","args":{"path":"a.txt"}}`. The arguments
 * are JSON that every reader reads alike.
 */
export function parseCommand(command: string): ToolCommand | Fault {
  const text = command.trim();
  if (text.startsWith("{")) {
    const whole = parseObject(text);
    if (isFault(whole)) return whole;
    const { tool, args = {}, ...rest } = whole.object;
    if (typeof tool !== "string" || !isObject(args) || Object.keys(rest).length > 0) {
      return invalid('it is not {"tool": a name, "args": an object} and nothing more');
    }
    return { tool, args };
  }
  const space = text.search(/[\s{]/);
  const tool = space === -1 ? text : text.slice(0, space);
  if (tool === "") return invalid("it is empty");
  const rest = space === -1 ? "{}" : text.slice(space).trim();
  const parsed = parseObject(rest);
  return isFault(parsed) ? parsed : { tool, args: parsed.object };
}

function parseObject(text: string): { readonly object: JsonObject } | Fault {
  const parsed = parseJson(text);
  if (!parsed.ok) return invalid(parsed.reason);
  return isObject(parsed.value)
    ? { object: parsed.value }
    : invalid("what follows the tool's name is not a JSON object");
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function invalid(why: string): Fault {
  return refused(
    "command-invalid",
    `the command is not a tool call: ${why}: write a tool's name and a JSON object, such as fs.stat {"path":"a.txt"}`,
  );
}
