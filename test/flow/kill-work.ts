// What the clients of hosts that are killed do, and what they were told. Used by kill-rounds.ts.
import type { Message, Served } from "./program.ts";

/** The agents that live as long as the state, by id: what they run and what they subscribe to. */
export const STANDING = {
  one: { template: "mailbox", topic: "soak.*" },
  two: { template: "mailbox", topic: "soak.**" },
  echo: { template: "echo", topic: undefined },
} as const;
export type Standing = Readonly<Record<keyof typeof STANDING, number>>;

export type AgentStands = "running" | "suspended" | "stopping" | "exited";

/** An agent of a worker, and where it may stand: in more than one place where a host was killed before it answered. */
export interface Churned {
  readonly pid: number;
  /** The name of the worker that spawned it, and that alone moves it as long as it is there. */
  readonly owner: string;
  stands: readonly AgentStands[];
}

/** What clients were told is done. */
export interface Told {
  /** Message id → pids that it was sent to. */
  readonly messages: Map<number, readonly number[]>;
  readonly jobs: Set<number>;
  /** Jobs whose removal was asked for. */
  readonly removed: Set<number>;
  /** Name → content of files that were written. */
  readonly writes: Map<string, string>;
  /** Key → version → value of what was set. */
  readonly values: Map<string, Map<number, object>>;
  readonly churned: Set<Churned>;
  /** Of these, those whose worker is gone. */
  readonly orphans: Churned[];
  /** Answers that no kill explains. */
  readonly surprises: string[];
}

export const nothingTold = (): Told => ({
  messages: new Map(),
  jobs: new Set(),
  removed: new Set(),
  writes: new Map(),
  values: new Map(),
  churned: new Set(),
  orphans: [],
  surprises: [],
});

/** What each written file holds, so that half of one shows. */
export const contentOf = (name: string): string => `${name} `.repeat(2000);

/** Refusals that a host under load may give. */
const EXPECTED: ReadonlySet<string> = new Set([
  "overloaded",
  "shutting-down",
  "inbox-full",
  "agent-table-full",
  "cron-table-full",
  "agent-stopping",
  "key-not-found",
  "version-conflict",
]);

type Answer = { readonly kind: "ok"; readonly value: Message } | { readonly kind: "refused" | "unknown" };

export interface Worker {
  readonly host: Served;
  /** Unlike that of every other worker of all rounds. */
  readonly name: string;
  readonly standing: Standing;
  readonly told: Told;
  readonly random: () => number;
  /** `now` once the host was killed. */
  readonly stop: { readonly now: boolean };
}

/** Calls tools one after the other until its host is gone. */
export async function work(worker: Worker): Promise<void> {
  const { told, random, name, standing, stop } = worker;
  const deeds: readonly (readonly [upTo: number, deed: (n: number) => Promise<void>])[] = [
    [0.42, (n) => sendToAgent(worker, [standing.one, standing.two, standing.echo][n % 3] as number, n)],
    [0.58, (n) => sendToTopic(worker, n)],
    [0.7, (n) => writeFile(worker, `w-${name}-${n}`)],
    [0.76, (n) => setValue(worker, n)],
    [0.87, (n) => churn(worker, `churn-${name}-${n}`)],
    [0.96, (n) => addJob(worker, `job-${name}-${n}`)],
    [1, () => removeJob(worker)],
  ];
  // With an address, so that replies reach it.
  await call(worker, "ipc_subscribe", { topic: "replies" });
  for (let n = 0; !stop.now; n++) {
    const choice = random();
    const [, deed] = deeds.find(([upTo]) => choice < upTo) as (typeof deeds)[number];
    await deed(n);
  }
  for (const agent of told.churned) {
    // Those of a worker that goes on are its own: of two that move one agent, the answers may come in another order.
    if (agent.owner === name && !agent.stands.includes("exited")) told.orphans.push(agent);
  }
}

async function sendToAgent(worker: Worker, pid: number, n: number): Promise<void> {
  const sent = await call(worker, "agent_send", { pid, message: { from: worker.name, n } });
  if (sent.kind === "ok") worker.told.messages.set(sent.value.msg_id, [pid]);
}

async function sendToTopic(worker: Worker, n: number): Promise<void> {
  const { one, two } = worker.standing;
  const [topic, receivers] = n % 2 === 0 ? ["soak.a", [one, two]] : ["soak.a.b", [two]];
  const sent = await call(worker, "ipc_send", { topic, payload: { from: worker.name, n } });
  if (sent.kind !== "ok") return;
  // A full inbox is a dead letter; whoever else is subscribed gets it.
  if (sent.value.receivers === receivers.length) worker.told.messages.set(sent.value.msg_id, receivers);
}

async function writeFile(worker: Worker, name: string): Promise<void> {
  const content = contentOf(name);
  const written = await call(worker, "fs_write_file", { path: name, content });
  if (written.kind === "ok") worker.told.writes.set(name, content);
}

/** A value under a key of its own, or under the one that all write to, each only where nobody came between. */
async function setValue(worker: Worker, n: number): Promise<void> {
  const { name, told } = worker;
  const key = n % 2 === 0 ? "shared" : `own-${name}`;
  const seen = await call(worker, "kv_get", { key });
  if (seen.kind === "unknown") return;
  const value = { by: name, n };
  const if_version = seen.kind === "ok" ? seen.value.version : 0;
  const done = await call(worker, "kv_set", { key, value, if_version });
  if (done.kind !== "ok") return;
  const versions = told.values.get(key) ?? new Map<number, object>();
  told.values.set(key, versions);
  const { version } = done.value;
  if (versions.has(version)) told.surprises.push(`version ${version} of ${key} was acknowledged twice`);
  versions.set(version, value);
}

/** One life of an agent; an orphan of a worker that is gone is ended first. */
async function churn(worker: Worker, agent_id: string): Promise<void> {
  const { told } = worker;
  const orphan = told.orphans.pop();
  if (orphan !== undefined) await move(worker, orphan, "agent_stop", "exited");
  const spawned = await call(worker, "agent_spawn", { agent_id });
  if (spawned.kind !== "ok") return;
  const agent: Churned = { pid: spawned.value.pid, owner: worker.name, stands: ["running"] };
  told.churned.add(agent);
  await sendToAgent(worker, agent.pid, 0);
  await move(worker, agent, "agent_suspend", "suspended");
  await sendToAgent(worker, agent.pid, 1);
  await move(worker, agent, "agent_resume", "running");
  await move(worker, agent, "agent_stop", "exited");
}

async function move(worker: Worker, agent: Churned, tool: string, to: AgentStands): Promise<void> {
  if (worker.stop.now) return;
  const before = agent.stands;
  agent.stands = [...before, to, ...(to === "exited" ? (["stopping"] as const) : [])];
  const done = await call(worker, tool, { pid: agent.pid }, before.length > 1);
  if (done.kind === "ok") agent.stands = [to];
}

async function addJob(worker: Worker, name: string): Promise<void> {
  const job = await call(worker, "sys_cron_add", { name, interval_secs: 3600, command: "fs.stat" });
  if (job.kind === "ok") worker.told.jobs.add(job.value.id);
}

async function removeJob(worker: Worker): Promise<void> {
  const { jobs, removed } = worker.told;
  const id = [...jobs].find((one) => !removed.has(one));
  if (id === undefined) return;
  removed.add(id); // whether it is there afterwards is open until the answer comes, and settled by it
  const done = await call(worker, "sys_cron_remove", { id });
  if (done.kind === "unknown") jobs.delete(id);
}

/** `anyRefusal`: where the agent stands is not known, so it may be illegal. */
async function call({ host, told, stop }: Worker, name: string, args: object, anyRefusal = false): Promise<Answer> {
  const answer = await Promise.race([
    host.request("tools/call", { name, arguments: args }).catch(() => undefined),
    host.exit.then(() => undefined),
  ]);
  if (answer === undefined) return { kind: "unknown" };
  const { result } = answer;
  if (result?.isError === false || (result !== undefined && result.isError === undefined)) {
    return { kind: "ok", value: result.structuredContent };
  }
  const code = result?._meta?.["dev.tollgate/fault"]?.code ?? answer.error?.data?.code ?? String(answer.error?.code);
  if (!anyRefusal && !EXPECTED.has(code) && !stop.now)
    told.surprises.push(`${name} was refused: ${JSON.stringify(answer)}`);
  return { kind: "refused" };
}
