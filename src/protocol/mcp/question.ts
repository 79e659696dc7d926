import type { ApprovalAnswer, Deferral } from "../../contract/call.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import type { ToolQuestion, ToolQuestions } from "../../contract/question.ts";
import { asObject } from "./message.ts";

const ALLOW = "allow";

/** The parameters of `elicitation/create` for a deferral: a form with one box (2025-06-18 on, client/elicitation). */
export function approvalForm(deferral: Deferral): QuestionForm {
  return {
    message: deferral.question,
    requestedSchema: {
      type: "object",
      properties: {
        [ALLOW]: { type: "boolean", title: "Allow this call", description: "Allows this one call, once, as described" },
      },
      required: [ALLOW],
    },
  };
}

/** The parameters of `elicitation/create` for what a tool asks. */
export const toolForm = ({ message, schema }: ToolQuestion): QuestionForm => ({ message, requestedSchema: schema });

/** What is asked in one form; its schema is of the subset that forms may use (2025-11-25, client/elicitation). */
export interface QuestionForm {
  readonly message: string;
  readonly requestedSchema: JsonObject;
}

/** The requests of a result that says what is wanted (2026-07-28, basic/patterns/mrtr, input requests). */
export function inputRequests(forms: Readonly<Record<string, QuestionForm>>): Json {
  return Object.fromEntries(
    Object.entries(forms).map(([key, form]) => [
      key,
      { method: "elicitation/create", params: { mode: "form", ...form } },
    ]),
  );
}

export const toolForms = (questions: ToolQuestions): Readonly<Record<string, QuestionForm>> =>
  Object.fromEntries(Object.entries(questions).map(([key, question]) => [key, toolForm(question)]));

/**
 * What a person answered. Only an accepted form whose box is `true` accepts; anything that is not one of the three
 * known actions is a cancel.
 */
export function readApproval(result: Json | undefined): ApprovalAnswer["answer"] {
  const answer: JsonObject = asObject(result) ?? {};
  if (answer.action === "decline") return "decline";
  if (answer.action !== "accept") return "cancel";
  const content = asObject(answer.content);
  return content !== undefined && Object.hasOwn(content, ALLOW) && content[ALLOW] === true ? "accept" : "decline";
}
