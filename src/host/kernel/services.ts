import { statfs } from "node:fs/promises";
import type { Chain } from "../../chain/chain.ts";
import type { Gate } from "../../gate/gate.ts";
import { damagedAgents, liveAgents } from "../../kernel/agents/table.ts";
import { takeInventory } from "../../kernel/inventory.ts";
import { DAMAGED, lookAtRows } from "../../kernel/rows.ts";
import type { ProbeResult, Service } from "../../kernel/services/service-tools.ts";
import type { Store } from "../../store/store.ts";
import type { Registry } from "../registry.ts";

/** What the services are, before they run. */
export const SERVICES: readonly { readonly name: string; readonly type: string }[] = [
  { name: "gate", type: "decision" },
  { name: "store", type: "execution" },
  { name: "chain", type: "record" },
  { name: "state", type: "storage" },
  { name: "agents", type: "kernel" },
  { name: "ipc", type: "kernel" },
  { name: "cron", type: "kernel" },
];

export interface ProbedParts {
  readonly gate: Gate;
  readonly store: Store;
  readonly chain: Chain;
  readonly registry: Registry;
  readonly stateDirectory: string;
  readonly agentLimit: number;
}

/** Bytes free below which events may soon be refused. */
const LITTLE_ROOM = 256 * 1024 * 1024;

/** The parts that the host consists of, each with a probe that uses it as a call would. */
export function probedServices(parts: ProbedParts): readonly Service[] {
  const probes: Readonly<Record<string, () => ProbeResult | Promise<ProbeResult>>> = {
    gate: () => probeGate(parts),
    store: () => probeStore(parts),
    chain: () => probeChain(parts),
    state: () => probeState(parts),
    agents: () => probeAgents(parts),
    ipc: () => probeMessages(parts),
    cron: () => probeJobs(parts),
  };
  return SERVICES.map(({ name, type }) => ({ name, type, probe: async () => (probes[name] as () => ProbeResult)() }));
}

const healthy = (detail: string): ProbeResult => ({ status: "healthy", detail });
const degraded = (detail: string): ProbeResult => ({ status: "degraded", detail });

/** A call that no manifest knows must be denied: whoever permits it is broken. */
function probeGate({ gate, registry }: ProbedParts): ProbeResult {
  const manifest = registry.values().next().value?.manifest;
  if (manifest === undefined) return { status: "down", detail: "there are no tools" };
  const decision = gate.decide(
    {
      principal: { kind: "operator", id: "probe" },
      tool: "sys.service.probe",
      args: {},
      signal: new AbortController().signal,
      canAsk: false,
    },
    manifest,
    { targets: {}, history: NO_HISTORY },
  );
  if (decision.kind !== "deny") return { status: "down", detail: "it permits a call of a tool that is not there" };
  return healthy(`policy ${gate.policyDigest.slice(0, 12)}`);
}

const NO_HISTORY = {
  actionSeen: () => 0,
  directorySeen: () => 0,
  fuelShare: () => ({ own: 0, total: 0, principals: 0 }),
};

/** A worker looks into a module, which takes the way that compiling one takes. */
async function probeStore({ store, registry }: ProbedParts): Promise<ProbeResult> {
  const module = [...registry.values()].map((tool) => tool.moduleBytes).find((bytes) => bytes instanceof Uint8Array);
  if (module === undefined) return { status: "down", detail: "there are no modules" };
  const report = await store.inspect(module);
  if ("code" in report) return { status: "down", detail: report.message };
  const { workers, busy, queued, runs, replaced } = store.stats();
  const detail = `${workers} workers, ${busy} busy, ${queued} runs wait, ${runs} done, ${replaced} workers replaced`;
  return queued > 0 && busy >= workers ? degraded(detail) : healthy(detail);
}

function probeChain({ chain }: ProbedParts): ProbeResult {
  const { sequence, verified_to, checkpoint_fault } = chain.status();
  const { events } = chain.query({ sinceSequence: sequence, count: 1 });
  if (sequence > 0 && events.length === 0) return { status: "down", detail: `event ${sequence} cannot be read` };
  const detail = `${sequence} events, signed to ${verified_to}`;
  return checkpoint_fault === undefined ? healthy(detail) : degraded(`${detail}: ${checkpoint_fault}`);
}

async function probeState({ chain, stateDirectory }: ProbedParts): Promise<ProbeResult> {
  chain.read((state) => state.range(["counter"]));
  const { bavail, bsize } = await statfs(stateDirectory);
  const room = bavail * bsize;
  const detail = `${Math.floor(room / 1024 / 1024)} MiB free on its disk`;
  return room < LITTLE_ROOM ? degraded(`${detail}: free some, or events are refused`) : healthy(detail);
}

function probeAgents({ chain, agentLimit }: ProbedParts): ProbeResult {
  const [live, damaged] = chain.read((state) => [liveAgents(state), damagedAgents(state)]);
  const alone = live.filter(({ host }) => host === "" || !chain.isAlive(host)).length;
  const detail = `${live.length + damaged.length} of ${agentLimit} agents`;
  if (damaged.length > 0) return degraded(`${detail}, ${damaged.length} of them damaged: run tollgate doctor`);
  return alone === 0
    ? healthy(detail)
    : degraded(`${detail}, ${alone} of them wait for a host that has their roots and templates`);
}

function probeMessages({ chain }: ProbedParts): ProbeResult {
  const { messages, deadLetters } = chain.read(takeInventory);
  return healthy(`${messages} messages wait, ${deadLetters} dead letters`);
}

function probeJobs({ chain }: ProbedParts): ProbeResult {
  const all = chain.read((state) => lookAtRows(state, "job").map(({ row }) => row));
  const jobs = all.filter((row) => row !== DAMAGED);
  const next = Math.min(...jobs.map((job) => job.next ?? Number.POSITIVE_INFINITY));
  const when = Number.isFinite(next) ? `, the next at ${new Date(next).toISOString()}` : "";
  const damaged = all.length - jobs.length;
  if (damaged > 0) return degraded(`${all.length} jobs, ${damaged} of them damaged: run tollgate doctor`);
  return healthy(`${jobs.length} jobs${when}`);
}
