import type { Json, JsonObject } from "../../contract/json.ts";
import type { ToolInput, ToolInputs, ToolQuestion, ToolQuestions } from "../../contract/question.ts";

const TEXT_CHARACTERS = 10_000;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}$/;
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/**
 * Reads the answers to all questions, or answers nothing where one is missing or is not as its question asked for: then the
 * person is asked again. What nobody asked for is left out (MCP 2026-07-28, basic/patterns/mrtr, error handling).
 */
export function readInputs(questions: ToolQuestions, responses: JsonObject): ToolInputs | undefined {
  const inputs: Record<string, ToolInput> = {};
  for (const [key, question] of Object.entries(questions)) {
    const input = Object.hasOwn(responses, key) ? readInput(question, responses[key] as Json) : undefined;
    if (input === undefined) return undefined;
    inputs[key] = input;
  }
  return inputs;
}

function readInput({ schema }: ToolQuestion, response: Json): ToolInput | undefined {
  if (!isObject(response)) return undefined;
  const { action, content } = response;
  if (action === "decline" || action === "cancel") return { action };
  if (action !== "accept" || !isObject(content)) return undefined;
  const required = (schema.required ?? []) as readonly string[];
  const read: Record<string, Json> = {};
  for (const [name, field] of Object.entries(schema.properties as JsonObject)) {
    const value = Object.hasOwn(content, name) ? content[name] : undefined;
    if (value === undefined && !required.includes(name)) continue;
    if (value === undefined || !isMet(field as JsonObject, value)) return undefined;
    read[name] = value;
  }
  return { action, content: read };
}

/** Whether a value is one that the field of a checked form can have. */
export function isMet(field: JsonObject, value: Json): boolean {
  switch (field.type) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isSafeInteger(value) && within(value as number, field.minimum, field.maximum);
    case "number":
      return typeof value === "number" && within(value, field.minimum, field.maximum);
    case "array":
      return isChoices(field, value);
    default:
      return typeof value === "string" && isText(field, value);
  }
}

function isText(field: JsonObject, value: string): boolean {
  const choices = choicesOf(field);
  if (choices !== undefined) return choices.includes(value);
  if (value.length > TEXT_CHARACTERS || !within([...value].length, field.minLength, field.maxLength)) return false;
  switch (field.format) {
    case "email":
      return EMAIL.test(value);
    case "uri":
      return URL.canParse(value);
    case "date":
      return DATE.test(value);
    case "date-time":
      return DATE_TIME.test(value);
    default:
      return true;
  }
}

function isChoices({ items, minItems, maxItems }: JsonObject, value: Json): boolean {
  const choices = choicesOf(items as JsonObject) ?? [];
  if (!Array.isArray(value) || new Set(value).size !== value.length) return false;
  return within(value.length, minItems, maxItems) && value.every((one) => choices.includes(one));
}

/** The values that a field of choices has; undefined of any other. */
export function choicesOf({ enum: names, oneOf, anyOf }: JsonObject): readonly string[] | undefined {
  const titled = (oneOf ?? anyOf) as readonly JsonObject[] | undefined;
  return (names as readonly string[] | undefined) ?? titled?.map((one) => one.const as string);
}

const within = (value: number, low: Json | undefined, high: Json | undefined): boolean =>
  value >= ((low as number | undefined) ?? Number.NEGATIVE_INFINITY) &&
  value <= ((high as number | undefined) ?? Number.POSITIVE_INFINITY);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
