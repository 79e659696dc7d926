import type { Call, Principal } from "../../contract/call.ts";
import type { Capabilities } from "../../contract/capabilities.ts";
import type { Caller } from "../../kernel/caller.ts";
import type { AgentRecord, JobRecord } from "../../kernel/records.ts";

/** `client:stdio`: how a principal is written on the chain and in the state. */
export const principalName = ({ kind, id }: Principal): string => `${kind}:${id}`;

/** Who acts on the kernel in a call. */
export function callerOf({ principal }: Pick<Call, "principal">): Caller {
  const { pid = 0, capabilities, home } = principal;
  return {
    principal: principalName(principal),
    pid,
    ...(capabilities && { capabilities }),
    ...(home !== undefined && { home }),
  };
}

/** An agent as who calls: with what its record says that it holds. */
export function agentPrincipal({ pid, agent_id, capabilities }: AgentRecord): Principal {
  return { kind: "agent", id: agent_id, pid, capabilities };
}

/** A job runs as whoever added it, whichever host fires it, with what that one held then and not more. Undefined for an owner that cannot be. */
export function jobPrincipal({
  id,
  owner,
  owner_pid,
  owner_host = "",
  capabilities,
}: JobRecord): Principal | undefined {
  const [kind, name] = owner.split(":", 2);
  if (name === undefined || (kind !== "client" && kind !== "operator" && kind !== "agent")) return undefined;
  if (kind === "agent" && capabilities === undefined) return undefined;
  const held: Capabilities | undefined = capabilities;
  return {
    kind,
    id: name,
    ...(owner_pid !== 0 && { pid: owner_pid }),
    ...(held && { capabilities: held }),
    ...(kind !== "agent" && { home: owner_host }),
    via: `job:${id}`,
  };
}
