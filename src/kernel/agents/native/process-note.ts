import { readFileSync } from "node:fs";
import { isFault } from "../../../contract/fault.ts";
import type { Ledger } from "../../../contract/ledger.ts";

import type { AgentRecord } from "../../records.ts";
import { DAMAGED, lookAtRow, removeRow, soundRows, writeRow } from "../../rows.ts";
import { agentAt } from "../table.ts";

/**
 * Notes which process group an agent's command runs in, so that whoever takes the agent up after this host was killed can
 * end it. False where the agent has exited or is another host's: then the command has no business to run.
 */
export async function noteProcess(ledger: Ledger, { pid, host }: AgentRecord, group: number): Promise<boolean> {
  const born = birthOf(group) ?? "";
  const done = await ledger.commit((state) => {
    const agent = agentAt(state, pid);
    if (agent === undefined || agent.state === "exited" || agent.host !== host) return false;
    writeRow(state, "native-process", [pid], { group, born, host });
    const payload = { pid, agent_id: agent.agent_id, process: group };
    state.event({ source: "kernel", kind: "agent.process", payload });
    return true;
  }, "committed");
  return !isFault(done) && done.value;
}

/** Ends the process group that an earlier host started for an agent of this host, and did not live to end. */
export function endNoted(ledger: Ledger, pid: number): void {
  const noted = ledger.read((state) => lookAtRow(state, "native-process", pid));
  if (noted !== undefined && noted !== DAMAGED && !ledger.isAlive(noted.host)) endGroup(noted);
}

/**
 * Ends all process groups whose hosts are dead, and forgets those that have ended. `isOwn` tells the groups that this
 * process has. Never rejects.
 */
export async function sweepNoted(
  ledger: Ledger,
  hostId: string,
  isOwn: (pid: number, group: number) => boolean,
): Promise<void> {
  const stale = ledger
    .read((state) => soundRows(state, "native-process"))
    .map(({ key, row }) => ({ pid: Number(key[0]), ...row }))
    .filter(({ pid, group, host }) => (host === hostId ? !isOwn(pid, group) : !ledger.isAlive(host)));
  if (stale.length === 0) return;
  for (const noted of stale) if (noted.host !== hostId) endGroup(noted);
  await ledger.commit((state) => {
    for (const { pid, group, host } of stale) {
      const now = lookAtRow(state, "native-process", pid);
      if (now === undefined || now === DAMAGED || now.group !== group || now.host !== host) continue;
      removeRow(state, "native-process", pid);
      state.event({ source: "kernel", kind: "agent.process", payload: { pid, process: group, ended: true } });
    }
    return null;
  }, "committed");
}

function endGroup({ group, born }: { readonly group: number; readonly born: string }): void {
  // A number alone may be another process's by now; where the leader is gone, nothing is sure, and nothing is done.
  if (born === "" || birthOf(group) !== born) return;
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // it has ended
  }
}

/** When a process started, with the boot, as Linux tells it (proc_pid_stat(5), field 22); undefined elsewhere. */
function birthOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}:${started}`;
  } catch {
    return undefined;
  }
}
