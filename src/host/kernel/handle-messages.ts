import { isFault } from "../../contract/fault.ts";
import type { Usage } from "../../contract/outcome.ts";
import { toolOfTemplate } from "../../contract/template-contract.ts";
import type { Handle, HandlingResult } from "../../kernel/agents/handling.ts";
import type { ReadAnswer } from "../answer.ts";
import { agentPrincipal } from "./principals.ts";
import type { Run } from "./run.ts";

/**
 * Has agents handle their messages: each is one call of the agent's template, by the agent, through every stage that a
 * tool's call goes through. What the result means for the state is committed with the record of the call's end.
 */
export function handleMessages(run: Run): Handle {
  return async ({ agent, input, signal, onLog, conclude }) => {
    let result: HandlingResult | undefined;
    const answer = await run(
      {
        principal: agentPrincipal(agent),
        tool: toolOfTemplate(agent.template),
        args: input,
        signal,
        canAsk: false,
        handling: true,
        onLog,
      },
      {
        conclude: (read, usage) => {
          result = resultOf(read, usage);
          return conclude(result);
        },
      },
    );
    if (answer.kind === "fault" && (result === undefined || answer.sequence === undefined)) return answer.fault;
    if (result !== undefined) return result;
    throw new Error("an agent's message was put to a person");
  };
}

function resultOf(read: ReadAnswer, usage: Usage | undefined): HandlingResult {
  if ("value" in read && usage !== undefined) return { kind: "answer", answer: read.value, usage };
  const { fault } = read as Extract<ReadAnswer, { fault: unknown }>;
  if (!isFault(fault)) throw new Error("an answer without usage");
  return { kind: "fault", fault, ...(usage && { usage }) };
}
