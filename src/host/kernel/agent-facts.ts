import type { Ledger } from "../../contract/ledger.ts";
import { isBelow } from "../../kernel/agents/table.ts";
import { readRow } from "../../kernel/rows.ts";
import type { AgentFacts } from "../facts.ts";

/** Says of a pid what the gate must know: whose it is, and where that one stands to the caller. */
export function agentFacts(ledger: Ledger): AgentFacts {
  return (pid, callerPid) =>
    ledger.read((state) => {
      const agent = pid >= 0 && Number.isSafeInteger(pid) ? readRow(state, "agent", pid) : undefined;
      if (agent === undefined) return { kind: "agent", id: "", relation: "missing" };
      const caller = callerPid === 0 ? undefined : readRow(state, "agent", callerPid);
      const relation =
        pid === callerPid
          ? "self"
          : callerPid !== 0 && isBelow(state, callerPid, pid)
            ? "child"
            : caller?.parent_pid === pid
              ? "parent"
              : "other";
      return { kind: "agent", id: agent.agent_id, relation, template: agent.template };
    });
}
