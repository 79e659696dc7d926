import type { Call } from "../contract/call.ts";
import { type Fault, fault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { AskedQuestions, Asking, AskingRun, ToolInputs, ToolQuestions } from "../contract/question.ts";
import { safeText } from "../contract/safe-text.ts";
import { readInputs } from "./content/read-inputs.ts";

/** Code points of a question with what stands before it. */
const MESSAGE = 1200;

/** Where a tool that may ask stands: at its beginning, with the answers to what it asked, or with answers that will not do. */
export type Round =
  | { readonly kind: "first" }
  | { readonly kind: "answered"; readonly round: number; readonly inputs: ToolInputs; readonly state?: Json }
  | { readonly kind: "unanswered"; readonly asked: AskedQuestions };

export function roundOf({ before }: AskingRun, { inputs }: Call): Round {
  if (before === undefined) return { kind: "first" };
  const { round, questions, state } = before;
  const read = readInputs(questions, inputs?.responses ?? {});
  const told = state === undefined ? {} : { state };
  if (read === undefined) return { kind: "unanswered", asked: { questions, ...told } };
  return { kind: "answered", round, inputs: read, ...told };
}

/** What a tool that may ask is given: its arguments, whether a person can be asked, and what came of the round before. */
export function askingInput(args: JsonObject, round: Round, { canAnswer = false }: Pick<Call, "canAnswer">): string {
  const before =
    round.kind === "answered"
      ? { inputs: round.inputs, ...(round.state !== undefined && { state: round.state }) }
      : undefined;
  return JSON.stringify({ arguments: args, can_ask: canAnswer, ...before });
}

/** The questions as a person may see them and the token of their answers, or why they are not asked. */
export function askingFor(
  { tool, canAnswer }: Call,
  asked: AskedQuestions,
  asking: AskingRun | undefined,
): Asking | Fault {
  if (canAnswer !== true) {
    const message = `${tool} asks the user something, and nobody can be asked here: use a client that can show a form`;
    return fault("request", "input-required", message, { tool, questions: Object.keys(asked.questions) });
  }
  const issued = asking?.issue(asked);
  if (issued === undefined)
    return fault(
      "tool",
      "tool-output-invalid",
      "the tool's answer was refused: it goes on asking: it has asked enough",
    );
  return { ...issued, questions: attributed(tool, asked.questions) };
}

/**
 * The call as it goes on where its answers came with it, before anything was asked: the protocol lets a client do so, and they
 * count where they are answers to what the tool asks now. Undefined where the person has to be asked.
 */
export function answeredAhead(call: Call, { questions }: AskedQuestions, { token }: Asking): Call | undefined {
  if (call.inputs === undefined || call.inputs.token !== undefined) return undefined;
  if (readInputs(questions, call.inputs.responses) === undefined) return undefined;
  const { approval: _, ...rest } = call;
  return { ...rest, inputs: { token, responses: call.inputs.responses } };
}

/** Nobody may take what a tool asks for a question of the host, or think that a secret is well kept in the answer. */
function attributed(tool: string, questions: ToolQuestions): ToolQuestions {
  return Object.fromEntries(
    Object.entries(questions).map(([key, { message, schema }]) => [
      key,
      {
        message: safeText(
          `Question from the tool ${tool} (an answer approves nothing; enter no passwords or keys): ${message}`,
          MESSAGE,
        ),
        schema,
      },
    ]),
  );
}
