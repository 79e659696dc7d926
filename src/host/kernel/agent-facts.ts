import type { Ledger } from "../../contract/ledger.ts";
import type { StateReader } from "../../contract/state.ts";
import type { AgentFact } from "../../gate/named-resources.ts";
import { damagedAgents, isBelow } from "../../kernel/agents/table.ts";
import { DAMAGED, lookAtRow } from "../../kernel/rows.ts";
import type { AgentFacts } from "../facts.ts";

/** Says of a pid what the gate must know: whose it is, and where that one stands to the caller. */
export function agentFacts(ledger: Ledger): AgentFacts {
  return (pid, callerPid) =>
    ledger.read((state) => {
      const agent = pid >= 0 && Number.isSafeInteger(pid) ? lookAtRow(state, "agent", pid) : undefined;
      if (agent === DAMAGED) return damagedFact(state, pid);
      if (agent === undefined) return { kind: "agent", id: "", relation: "missing" };
      const caller = callerPid === 0 ? undefined : lookAtRow(state, "agent", callerPid);
      const relation =
        pid === callerPid
          ? "self"
          : callerPid !== 0 && isBelow(state, callerPid, pid)
            ? "child"
            : caller !== DAMAGED && caller?.parent_pid === pid
              ? "parent"
              : "other";
      return { kind: "agent", id: agent.agent_id, relation, template: agent.template };
    });
}

/** Of an agent whose record is damaged its name is known, so that rules about it hold; to other agents it is a stranger. */
function damagedFact(state: StateReader, pid: number): AgentFact {
  const id = damagedAgents(state).find((agent) => agent.pid === pid)?.agent_id;
  return id === undefined ? { kind: "agent", id: "", relation: "missing" } : { kind: "agent", id, relation: "other" };
}
