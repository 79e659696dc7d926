import type { ApprovalAnswer, Deferral } from "../../contract/call.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { asObject } from "./message.ts";

const ALLOW = "allow";

/** The parameters of `elicitation/create` for a deferral: a form with one box (2025-06-18 on, client/elicitation). */
export function approvalForm(deferral: Deferral): { message: string; requestedSchema: ApprovalSchema } {
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

/** A schema of the subset that forms may use (2025-11-25, client/elicitation, requested schema). */
export type ApprovalSchema = {
  type: "object";
  properties: { [name: string]: { type: "boolean"; title: string; description: string } };
  required: string[];
};

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
