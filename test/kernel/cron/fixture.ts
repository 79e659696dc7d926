import type { Chain } from "../../../src/chain/chain.ts";
import { NO_CAPABILITIES } from "../../../src/contract/capabilities.ts";
import type { Fault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import type { Caller } from "../../../src/kernel/caller.ts";
import { type CronToolOptions, cronTools } from "../../../src/kernel/cron/cron-tools.ts";
import { type SchedulerOptions, startScheduler } from "../../../src/kernel/cron/scheduler.ts";
import type { AgentRecord, JobRecord } from "../../../src/kernel/records.ts";
import { readRow, readRows, writeRow } from "../../../src/kernel/rows.ts";
import { createSignals } from "../../../src/kernel/signals.ts";
import { mustOpen } from "../../chain/fixture.ts";
import { agentRecord } from "../agent-record.ts";

/** A clock that stands until it is set. */
export interface Clock {
  now: number;
}

export const START = Date.UTC(2026, 0, 2, 3, 4, 5);
export const CLIENT: Caller = { principal: "client:stdio", pid: 0 };
export const agentCaller = (pid: number, tools = ["*"]): Caller => ({
  principal: `agent:a${pid}`,
  pid,
  capabilities: { ...NO_CAPABILITIES, tools },
});

let hosts = 0;

/** One host's cron on a real chain. Its timer never rings: tests call `look`. */
export function openCron(
  directory: string,
  clock: Clock,
  more: Partial<SchedulerOptions & CronToolOptions & { hostId: string }> = {},
) {
  const hostId = more.hostId ?? `cron-host-${process.pid}-${++hosts}`;
  const chain = mustOpen(directory, { clock: () => clock.now, host: { id: hostId } });
  const runs: JobRecord[] = [];
  const waits: number[] = [];
  const signals = createSignals();
  const shared = { ledger: chain, signals, roots: ["/r"], mayReach: () => undefined };
  const scheduler = startScheduler({
    ...shared,
    hostId,
    catchUp: "once",
    clock: () => clock.now,
    timer: (ms) => {
      waits.push(ms);
      return () => {};
    },
    runCommand: async (job) => {
      runs.push(job);
      return undefined;
    },
    ...more,
  });
  const tools = cronTools({ ...shared, hostId, hasTool: (name) => name.startsWith("fs."), ...more });
  const call = async (name: string, args: JsonObject, caller = CLIENT): Promise<JsonObject & Partial<Fault>> =>
    (await tools[name]?.(caller, args, new AbortController().signal)) as JsonObject & Partial<Fault>;
  const close = async () => {
    await scheduler.close();
    await chain.close();
  };
  /** Sets the clock, looks, and waits until what ran is recorded. */
  const at = async (time: number) => {
    clock.now = time;
    await scheduler.look();
    await settled(chain);
    await scheduler.look();
  };
  return { chain, hostId, runs, waits, scheduler, call, close, at, signals };
}

/** Answers when the changes so far, and those that they led to, are made. */
export async function settled(chain: Chain): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await chain.commit(() => null, "committed");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export const jobs = (chain: Chain): JobRecord[] => chain.read((state) => readRows(state, "job").map(({ row }) => row));

/** Kinds of cron's events, oldest first, each with what it says. */
export const events = (chain: Chain) =>
  chain
    .query({ source: "kernel", count: 1000 })
    .events.filter(({ kind }) => kind.startsWith("cron."))
    .map(({ kind, payload }) => ({ kind, payload }));

export async function addAgent(chain: Chain, pid: number, more: Partial<AgentRecord> = {}): Promise<void> {
  const agent = agentRecord(pid, more);
  await chain.commit((state) => {
    writeRow(state, "agent", [pid], agent);
    if (agent.state !== "exited") writeRow(state, "agent-id", [agent.agent_id], pid);
    state.event({ source: "kernel", kind: "agent.spawned", payload: { pid } });
    return readRow(state, "agent", pid) === undefined;
  }, "committed");
}
