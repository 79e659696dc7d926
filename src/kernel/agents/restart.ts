import type { StateTransaction } from "../../contract/state.ts";
import type { AgentRecord, ExitRecord } from "../records.ts";
import { exitAgent } from "./exit.ts";
import type { Post } from "./options.ts";
import { writeAgent } from "./table.ts";

/** The longest pause before a restart. */
export const MOST_BACKOFF_MS = 30_000;

/**
 * Takes an agent that ended by itself up again, after a pause that doubles with each restart, or lets it exit: as its
 * policy says, and once its restarts are used up. The pause outlives the host. Answers who got mail by it.
 */
export function restartOrExit(
  state: StateTransaction,
  agent: AgentRecord,
  exit: ExitRecord,
  post: Post,
): readonly number[] {
  const { restart, maxRestarts, withinSecs, backoffMs } = agent.supervision;
  if (restart === "temporary" || (restart === "transient" && exit.code === 0)) {
    return exitAgent(state, agent, exit, "graceful", post);
  }
  const now = state.time;
  // What lies ahead is from before a jump of the clock; it does not count for ever.
  const recent = agent.recent_restarts.filter((time) => time <= now && time > now - withinSecs * 1000);
  if (recent.length >= maxRestarts) {
    return exitAgent(state, agent, { code: 1, reason: "restart-budget-exhausted" }, "graceful", post);
  }
  const pause = Math.min(MOST_BACKOFF_MS, backoffMs * 2 ** Math.min(recent.length, 20));
  writeAgent(state, {
    ...agent,
    restarts: agent.restarts + 1,
    recent_restarts: [...recent, now],
    resume_at: now + pause,
  });
  state.event({
    source: "kernel",
    kind: "agent.restarted",
    payload: { pid: agent.pid, agent_id: agent.agent_id, restarts: agent.restarts + 1, pause_ms: pause },
  });
  return [];
}

/** How long an agent still pauses. A time further ahead than any pause is from before a jump of the clock, and over. */
export function pauseLeft(agent: AgentRecord, now: number): number {
  const left = agent.resume_at - now;
  return left > MOST_BACKOFF_MS ? 0 : Math.max(0, left);
}
