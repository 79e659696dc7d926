import { canonicalJsonOrFault } from "../../contract/canonical-json.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { APPROVAL_KEY, type AskedQuestions, type ToolQuestion } from "../../contract/question.ts";
import { listAt, membersOf, objectAt, reading, refuse } from "./members.ts";
import { checkFormSchema, FIELD_NAME } from "./question-schema.ts";

/** Forms of one round. */
const MOST_QUESTIONS = 8;
const MESSAGE_CHARACTERS = 1000;
/** Of all that is asked and of what the tool wants to be told again, each as JSON. Both are in the token. */
const MOST_JSON = 16 * 1024;

/** Reads what a tool asks, `{ask: {key: {message, schema}}, state?}`, or says what is wrong with it. */
export function readQuestions(document: JsonObject): AskedQuestions | string {
  return reading(() => {
    const { ask, state } = membersOf(document, "", ["ask", "state"]);
    const all = Object.entries(objectAt(ask, "ask"));
    listAt(all as unknown as Json, "ask", MOST_QUESTIONS);
    if (all.length === 0) refuse("ask", "is empty");
    const questions = Object.fromEntries(all.map(([key, value]) => [key, questionAt(key, value)]));
    boundedAt(ask, "ask");
    if (state !== undefined) boundedAt(state, "state");
    return { questions, ...(state !== undefined && { state }) };
  });
}

function questionAt(key: string, value: Json): ToolQuestion {
  if (!FIELD_NAME.test(key)) refuse("ask", "has a key that is not letters, digits and _, at most 64");
  if (key === APPROVAL_KEY) refuse("ask", `has the key ${APPROVAL_KEY}, which is the gate's`);
  const { message, schema } = membersOf(value, `ask.${key}`, ["message", "schema"]);
  if (typeof message !== "string" || message.trim() === "" || message.length > MESSAGE_CHARACTERS)
    return refuse(`ask.${key}.message`, `is no text of at most ${MESSAGE_CHARACTERS} characters`);
  return { message, schema: checkFormSchema(schema, `ask.${key}.schema`) };
}

function boundedAt(value: Json | undefined, where: string): void {
  const text = canonicalJsonOrFault(value as Json);
  const bytes = typeof text === "string" ? Buffer.byteLength(text) : Number.POSITIVE_INFINITY;
  if (bytes > MOST_JSON) refuse(where, `has over ${MOST_JSON} bytes`);
}
