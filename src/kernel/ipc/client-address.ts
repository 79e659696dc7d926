import { NO_CAPABILITIES } from "../../contract/capabilities.ts";
import type { Ledger } from "../../contract/ledger.ts";
import type { StateTransaction } from "../../contract/state.ts";
import { UNUSED } from "../records.ts";
import { count, DAMAGED, hasRow, keysOf, lookAtRow, readRow, removeRow, soundRows, writeRow } from "../rows.ts";
import { buryInbox } from "./dead-letters.ts";
import { removeSubscriptions } from "./subscriptions.ts";

/**
 * The address of a host's client, made where it has none yet: a record of kind `client` with an inbox, which runs nothing.
 * It lives as long as the host does.
 */
export function clientAddress(state: StateTransaction, hostId: string, principal: string): number {
  const known = readRow(state, "client", hostId);
  if (known !== undefined) return known;
  const pid = count(state, "pid");
  const agentId = freeName(state, `client-${pid}`);
  writeRow(state, "agent", [pid], {
    pid,
    kind: "client",
    agent_id: agentId,
    state: "running",
    template: "",
    backend: "wasm",
    parent_pid: 0,
    spawned_by: principal,
    capabilities: NO_CAPABILITIES,
    supervision: { restart: "temporary", maxRestarts: 0, withinSecs: 0, backoffMs: 0, onParentExit: "continue" },
    host: hostId,
    ...UNUSED,
    created: state.time,
  });
  writeRow(state, "agent-id", [agentId], pid);
  writeRow(state, "client", [hostId], pid);
  const payload = { pid, agent_id: agentId, kind: "client", principal, host: hostId };
  state.event({ source: "kernel", kind: "agent.spawned", payload });
  return pid;
}

/**
 * Ends the client of a host that is gone or is going: what is in its inbox becomes dead letters, its subscriptions end, and
 * its record goes, so that clients that come and go leave nothing behind. False where there is none.
 */
export function exitClient(state: StateTransaction, hostId: string): boolean {
  const pid = readRow(state, "client", hostId);
  if (pid === undefined) return false;
  const record = lookAtRow(state, "agent", pid);
  const agentId =
    record === DAMAGED
      ? soundRows(state, "agent-id").find(({ row }) => row === pid)?.key[0]
      : (record?.agent_id as string | undefined);
  const payload = { pid, kind: "client", code: 0, reason: "client-gone", ...(agentId && { agent_id: agentId }) };
  state.event({ source: "kernel", kind: "agent.exited", payload });
  buryInbox(state, pid, "receiver-exited");
  removeSubscriptions(state, pid, "host");
  removeRow(state, "client", hostId);
  removeRow(state, "agent", pid);
  if (agentId !== undefined) removeRow(state, "agent-id", agentId);
  return true;
}

/**
 * Ends the clients of hosts that do not run any more, and answers how many. Any host may do so at any time: a host that is
 * gone never comes back, and several that sweep end each client once.
 */
export async function sweepClients(ledger: Ledger): Promise<number> {
  const gone = ledger
    .read((state) => keysOf(state, "client"))
    .map((key) => key[0] as string)
    .filter((hostId) => !ledger.isAlive(hostId));
  let ended = 0;
  for (const hostId of gone) {
    const done = await ledger.commit((state) => exitClient(state, hostId), "committed");
    if (!("code" in done) && done.value) ended++;
  }
  return ended;
}

/** The name, or with a number behind it where an agent has it already. */
function freeName(state: StateTransaction, name: string): string {
  let free = name;
  for (let i = 2; hasRow(state, "agent-id", free); i++) free = `${name}-${i}`;
  return free;
}
