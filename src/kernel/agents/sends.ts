import type { StateTransaction } from "../../contract/state.ts";
import type { Sending } from "../ipc/deliver.ts";
import { beyondReach, beyondTopics } from "../ipc/scope.ts";
import type { Target } from "../ipc/send.ts";
import type { AgentRecord, MessageRecord } from "../records.ts";
import type { ModuleAnswer } from "./answer-document.ts";
import { neverSent } from "./exit.ts";
import type { Post } from "./options.ts";

/** What became of the messages of one answer. */
export interface Sent {
  readonly delivered: number;
  readonly dead: number;
  readonly receivers: readonly number[];
}

/**
 * Delivers what an answer sends, in its order, and its reply last. What may not or cannot be delivered is a dead letter
 * with its reason; the rest is delivered all the same.
 */
export function sendAll(
  state: StateTransaction,
  agent: AgentRecord,
  handled: MessageRecord,
  answer: ModuleAnswer,
  post: Post,
): Sent {
  const receivers: number[] = [];
  let delivered = 0;
  let dead = 0;
  const sender = { principal: `agent:${agent.agent_id}`, pid: agent.pid, capabilities: agent.capabilities };
  const from = { from: sender.principal, from_pid: agent.pid };
  const send = (sending: Sending, target: Target, refusal: string | undefined) => {
    const routed = refusal === undefined ? post.route(state, sending, target) : { code: refusal };
    if ("code" in routed) {
      dead++;
      post.bury(state, neverSent(state, sending), "pid" in target ? target.pid : 0, routed.code);
      return;
    }
    delivered++;
    receivers.push(...routed.to);
  };
  for (const { target, message } of answer.sends) {
    const refusal = "topic" in target ? beyondTopics(sender, target.topic) : beyondReach(state, sender, target.pid);
    send({ ...from, ...("topic" in target && { topic: target.topic }), message }, target, refusal?.code);
  }
  if (answer.reply !== undefined) {
    // Answering is always allowed: whoever sent the message wants to hear of it.
    const reply = { ...from, in_reply_to: handled.msg_id, message: answer.reply };
    send(reply, { pid: handled.from_pid }, handled.from_pid === 0 ? "sender-without-address" : undefined);
  }
  return { delivered, dead, receivers };
}
