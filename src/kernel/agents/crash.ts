import type { Fault } from "../../contract/fault.ts";
import type { StateTransaction } from "../../contract/state.ts";
import { take } from "../ipc/deliver.ts";
import type { AgentRecord, MessageRecord } from "../records.ts";
import { askedExit, exitAgent } from "./exit.ts";
import type { Post } from "./options.ts";
import { restartOrExit } from "./restart.ts";
import { agentAt, writeAgent } from "./table.ts";

/** A message that failed so often is a dead letter, and its agent goes on with the next. */
export const ATTEMPTS = 3;

/**
 * A run that failed or was refused: its agent is as it was before the message, which is tried again until it has failed
 * {@link ATTEMPTS} times. Whether the agent goes on is for its policy. Answers who got mail by it.
 */
export function concludeCrash(
  state: StateTransaction,
  agent: AgentRecord,
  message: MessageRecord,
  fault: Fault,
  post: Post,
): readonly number[] {
  const { pid, agent_id } = agent;
  const attempts = agent.attempts + 1;
  state.event({
    source: "kernel",
    kind: "agent.crashed",
    payload: { pid, agent_id, msg_id: message.msg_id, code: fault.code, attempt: attempts },
  });
  const poison = attempts >= ATTEMPTS;
  writeAgent(state, { ...agent, attempts: poison ? 0 : attempts, last_error: faultText(fault) });
  if (poison && take(state, pid, message.msg_id)) post.bury(state, message, pid, "poison");
  const crashed = agentAt(state, pid) as AgentRecord;
  if (crashed.state === "stopping") return exitAgent(state, crashed, askedExit(crashed), "graceful", post);
  return restartOrExit(state, crashed, { code: 1, reason: "crashed" }, post);
}

/** A fault as it is kept of an agent. */
function faultText(fault: Fault): string {
  return `${fault.code}: ${fault.message}`.slice(0, 1000);
}
