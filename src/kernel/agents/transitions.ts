import type { Fault } from "../../contract/fault.ts";
import { refused } from "../fault.ts";
import type { AgentRecord, AgentState } from "../records.ts";

/** What may follow each state. Everything that is not here is illegal and changes nothing. */
export const TRANSITIONS: Readonly<Record<AgentState, readonly AgentState[]>> = Object.freeze({
  starting: ["running", "stopping", "exited"],
  running: ["suspended", "stopping", "exited"],
  suspended: ["running", "stopping", "exited"],
  stopping: ["exited"],
  exited: [],
});

/** What stands against the move of this agent, or undefined where it is legal. */
export function illegalMove(agent: Pick<AgentRecord, "pid" | "agent_id" | "state">, to: AgentState): Fault | undefined {
  const legal = TRANSITIONS[agent.state];
  if (legal.includes(to)) return undefined;
  const next = legal.length === 0 ? "spawn another" : `it can only become ${legal.join(", ")}`;
  return refused(
    "illegal-transition",
    `agent ${agent.agent_id} with pid ${agent.pid} is ${agent.state} and cannot become ${to}: ${next}`,
    { pid: agent.pid, from: agent.state, to },
  );
}
