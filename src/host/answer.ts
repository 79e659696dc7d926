import type { ContentResult } from "../contract/content.ts";
import { type Fault, fault, TOOL_ERROR_CODE } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { AskedQuestions } from "../contract/question.ts";
import { safeText } from "../contract/safe-text.ts";
import { parseJson } from "../contract/strict-json.ts";
import type { Tool } from "./registry.ts";

/** What a guest's run comes to: the JSON text of its answer as it wrote it, and what it says; or a fault. */
export type ReadAnswer =
  | {
      readonly json: Uint8Array;
      readonly value: JsonObject;
      readonly content?: ContentResult;
      readonly asked?: AskedQuestions;
    }
  | { readonly fault: Fault };

/** What a document of a tool of the result `content` says: its answer, or what it asks first. */
export type ContentDocument = { readonly content: ContentResult } | { readonly asked: AskedQuestions };

/** A tool's own error text may be this long; more is cut. */
const MESSAGE_CHARACTERS = 2_000;
const decoder = new TextDecoder();

/**
 * Trusts nothing that a guest wrote: exit code 0 needs one JSON object that meets the output schema, or is a document of
 * blocks where the tool answers such; exit code 1 one `{code, message, data?}`; anything else is `tool-output-invalid` or `tool-failed`. The bytes of a good answer
 * are handed on as they are; white space between its tokens, line breaks too, is for the protocol to care about.
 */
export function readAnswer(tool: Tool, outcome: Outcome): ReadAnswer {
  if (outcome.kind === "fault") return { fault: outcome.fault };
  const { exitCode, stdout, stderr } = outcome;
  if (exitCode > 1 || exitCode < 0) {
    const said = safeText(decoder.decode(stderr.subarray(0, 4 * MESSAGE_CHARACTERS)).trim(), 300);
    return {
      fault: fault(
        "tool",
        "tool-failed",
        `the tool ended with exit code ${exitCode}${said === "" ? "" : `: ${said}`}`,
        {
          exitCode,
        },
      ),
    };
  }
  const parsed = parseJson(stdout);
  if (!parsed.ok) return invalid(`its output is not one JSON object: ${parsed.reason}`);
  const { value } = parsed;
  if (!isObject(value)) return invalid("its output is not a JSON object");
  if (exitCode === 1) return toolError(value);
  if (tool.readContent !== undefined) {
    const read = tool.readContent(value);
    if (typeof read === "string") return invalid(read);
    return { json: stdout, value, ...read };
  }
  const wrong = tool.checkAnswer(value);
  if (wrong !== undefined) return invalid(`its answer does not meet its output schema: ${wrong}`);
  return { json: stdout, value };
}

function toolError(value: JsonObject): ReadAnswer {
  const { code, message, data } = value;
  if (typeof code !== "string" || code.length > 64 || !TOOL_ERROR_CODE.test(code) || typeof message !== "string") {
    return invalid("its error is not {code, message}");
  }
  const details = data !== undefined && isObject(data) ? data : undefined;
  return { fault: fault("tool", code, safeText(message, MESSAGE_CHARACTERS), details) };
}

const invalid = (why: string): ReadAnswer => ({
  fault: fault("tool", "tool-output-invalid", `the tool's answer was refused: ${why}`),
});

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
