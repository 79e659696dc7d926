import type { JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { nearest } from "../host/nearest.ts";
import type { CommandContext } from "./command.ts";
import type { Operator } from "./operator-call.ts";
import { note } from "./output.ts";

/** The pid that an operand means: itself, or that of the agent with this id. Says so where there is none. */
export async function pidOf(
  named: string,
  operator: Operator,
  { ambient }: CommandContext,
): Promise<number | undefined> {
  if (/^[1-9]\d{0,14}$/.test(named)) return Number(named);
  const listed = await operator.call("agent.list", {});
  if (listed === undefined) return undefined;
  const agents = listed.agents as readonly JsonObject[];
  const found = agents.filter(({ agent_id }) => agent_id === named);
  const live = found.find(({ state }) => state !== "exited") ?? found.at(-1);
  if (live !== undefined) return live.pid as number;
  const meant = nearest(
    named,
    agents.map(({ agent_id }) => agent_id as string),
  );
  note(
    ambient,
    `tollgate: there is no agent "${safeText(named, 60)}": ${meant === undefined ? "see tollgate agent list" : `did you mean ${meant}?`}`,
  );
  return undefined;
}
