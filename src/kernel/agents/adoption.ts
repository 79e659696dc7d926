import { isWithinPath, type RootCapability } from "../../contract/capabilities.ts";
import { type Fault, isFault } from "../../contract/fault.ts";
import type { Ledger } from "../../contract/ledger.ts";
import type { Change, StateTransaction } from "../../contract/state.ts";

import type { AgentRecord } from "../records.ts";
import { DAMAGED, lookAtRow } from "../rows.ts";
import { agentAt, liveAgents, writeAgent } from "./table.ts";

/** What a host needs to know of itself to take agents up. */
export interface Adopter {
  readonly ledger: Ledger;
  readonly hostId: string;
  readonly roots: readonly RootCapability[];
  /** Whether this host has the template, or the command of a native agent. */
  readonly hasTemplate: (agent: Pick<AgentRecord, "backend" | "template">) => boolean;
}

/**
 * Takes up every agent whose host is none or is dead and whose roots and template this host has; of several hosts that try, exactly
 * one gets each. Answers how many it got.
 */
export async function adoptAgents(adopter: Adopter): Promise<number | Fault> {
  const { ledger, hostId } = adopter;
  const orphans = ledger.read((state) => liveAgents(state).filter(({ host }) => host !== hostId));
  const living = new Map<string, boolean>([["", false]]);
  const isAlive = (host: string) => {
    const known = living.get(host) ?? ledger.isAlive(host);
    living.set(host, known);
    return known;
  };
  const wanted = orphans.filter((agent) => !isAlive(agent.host) && canRun(adopter, agent));
  if (wanted.length === 0) return 0;
  const done = await ledger.commit(moving(wanted, hostId), "committed");
  return isFault(done) ? done : done.value;
}

/** A host that is dead stays dead: only whether the agent is still its has to be seen once more. */
function moving(seen: readonly AgentRecord[], hostId: string): Change<number> {
  return (state) => {
    let moved = 0;
    for (const { pid, host } of seen) {
      const agent = lookAtRow(state, "agent", pid);
      if (agent === undefined || agent === DAMAGED || agent.state === "exited" || agent.host !== host) continue;
      move(state, agent, hostId);
      moved++;
    }
    return moved;
  };
}

/** Leaves all agents of this host without one, so that another takes them up at once. */
export function releasing(hostId: string): Change<number> {
  return (state) => {
    const own = liveAgents(state).filter(({ host }) => host === hostId);
    for (const agent of own) move(state, agent, "");
    return own.length;
  };
}

/**
 * Leaves one agent of this host without a host: its template is not here any more. What waits for it waits on, until a host
 * has the template or somebody stops it.
 */
export function parting(pid: number, hostId: string): Change<readonly number[]> {
  return (state) => {
    const agent = agentAt(state, pid);
    if (agent === undefined || agent.state === "exited" || agent.host !== hostId) return [];
    move(state, agent, "");
    return [];
  };
}

function move(state: StateTransaction, agent: AgentRecord, host: string): void {
  writeAgent(state, { ...agent, host });
  const { pid, agent_id } = agent;
  state.event({ source: "kernel", kind: "agent.moved", payload: { pid, agent_id, from: agent.host, to: host } });
}

function canRun({ roots, hasTemplate }: Adopter, agent: AgentRecord): boolean {
  const hasRoots = agent.capabilities.roots.every(({ path, access }) =>
    roots.some((own) => isWithinPath(own.path, path) && (access === "read-only" || own.access === "read-write")),
  );
  return hasRoots && hasTemplate(agent);
}
