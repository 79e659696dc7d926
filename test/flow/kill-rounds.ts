// Hosts that are killed in the middle of work, again and again, on one state directory: what a client was told must be
// there afterwards, once, and nothing half done. Used by kill.test.ts for a short while and by scripts/kill-soak.ts for
// hours.
import { openChain } from "../../src/chain/chain.ts";
import { verifyChain } from "../../src/chain/verify.ts";
import type { ChainEvent } from "../../src/contract/chain-event.ts";
import { readRow, readRows } from "../../src/kernel/rows.ts";
import { run, type Scratch, Served } from "./program.ts";

export interface KillReport {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly handled: number;
  readonly openIntents: number;
  readonly findings: readonly string[];
}

export interface KillOptions {
  readonly place: Scratch;
  readonly rounds: number;
  readonly seed: number;
  /** Hosts that work at the same time; each round kills all of them. */
  readonly hosts: number;
  readonly log: (line: string) => void;
}

const AGENTS = ["one", "two", "three"];
/** A host is killed so long after it has begun to answer, in milliseconds. */
const LONGEST_MS = 700;
const FIRST_ANSWER_MS = 15_000;
const IN_FLIGHT = 6;

export async function killRounds({ place, rounds, seed, hosts, log }: KillOptions): Promise<KillReport> {
  const random = randomFrom(seed);
  const pids = await spawnAgents(place);
  const told: Told = { messages: new Map(), jobs: new Set(), removed: new Set() };
  const findings: string[] = [];
  let handled = 0;
  let openIntents = 0;
  for (let round = 1; round <= rounds && findings.length === 0; round++) {
    const served = Array.from({ length: hosts }, () => new Served(place));
    await Promise.all(
      served.map(async (host) => {
        await host.initialize();
        const stop = { now: false };
        const loops = Array.from({ length: IN_FLIGHT }, () => work(host, pids, told, random, stop));
        // Some are killed while they start; the others once they have work in hand, however slow the machine is.
        const early = random() < 0.3;
        const before = told.messages.size;
        for (let waited = 0; !early && told.messages.size === before && waited < FIRST_ANSWER_MS; waited += 10) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_MS));
        host.child.kill("SIGKILL");
        await host.exit;
        stop.now = true;
        await Promise.allSettled(loops);
      }),
    );
    const checked = await check(place.state, told, pids);
    findings.push(...checked.findings.map((finding) => `round ${round}: ${finding}`));
    handled = checked.handled;
    openIntents = checked.openIntents;
    if (round % 20 === 0 || round === rounds) {
      log(
        `${round} rounds, ${told.messages.size} messages acknowledged, ${handled} handled, ${openIntents} open intents`,
      );
    }
  }
  if (findings.length === 0) {
    const settled = await settle(place, told, pids);
    findings.push(...settled.findings);
    handled = settled.handled;
  }
  return { rounds, acknowledged: told.messages.size, handled, openIntents, findings };
}

/** What clients were told is done. */
interface Told {
  /** Message id → the pid that it was sent to. */
  readonly messages: Map<number, number>;
  readonly jobs: Set<number>;
  readonly removed: Set<number>;
}

async function spawnAgents(place: Scratch): Promise<readonly number[]> {
  const pids: number[] = [];
  for (const id of AGENTS) {
    const done = await run(place, ["agent", "spawn", id, "--json"]);
    if (done.code !== 0) throw new Error(`agent ${id} was not spawned: ${done.stderr}`);
    pids.push(JSON.parse(done.stdout).pid);
  }
  return pids;
}

async function work(
  host: Served,
  pids: readonly number[],
  told: Told,
  random: () => number,
  stop: { now: boolean },
): Promise<void> {
  for (let n = 0; !stop.now; n++) {
    const choice = random();
    const call = (name: string, args: object) => callOf(host, name, args, stop);
    if (choice < 0.85) {
      const pid = pids[Math.floor(random() * pids.length)] as number;
      const sent = await call("agent_send", { pid, message: { n } });
      if (sent !== undefined) told.messages.set(sent.msg_id as number, pid);
    } else if (choice < 0.95) {
      const job = await call("sys_cron_add", {
        name: `job-${Math.floor(random() * 1e9)}`,
        interval_secs: 3600,
        command: "fs.stat",
      });
      if (job !== undefined) told.jobs.add(job.id as number);
    } else {
      const [id] = [...told.jobs].filter((one) => !told.removed.has(one));
      if (id === undefined) continue;
      told.removed.add(id); // whether it is there afterwards is open until the answer comes, and settled by it
      const removed = await call("sys_cron_remove", { id });
      if (removed === undefined) told.jobs.delete(id);
    }
  }
}

/** The tool's answer; undefined for a refusal, and for a host that was killed before it answered. */
async function callOf(
  host: Served,
  name: string,
  args: object,
  stop: { readonly now: boolean },
): Promise<Record<string, unknown> | undefined> {
  const answer = await Promise.race([
    host.request("tools/call", { name, arguments: args }).catch(() => undefined),
    host.exit.then(() => undefined),
  ]);
  if (answer === undefined || stop.now)
    return answer?.result?.isError === false ? answer.result.structuredContent : undefined;
  return answer.result?.isError === true ? undefined : answer.result?.structuredContent;
}

/** Looks at the state as it lies on disk while no host runs. */
async function check(directory: string, told: Told, pids: readonly number[]) {
  const findings = verifyChain(directory).problems.map(
    ({ code, message }) => `the chain does not verify: ${code}: ${message}`,
  );
  const opened = openChain({
    directory,
    clock: Date.now,
    random: () => {
      throw new Error("the chain's key is gone");
    },
    host: { id: `check-${process.pid}-${Date.now()}` },
  });
  if (!opened.ok) return { findings: [...findings, opened.fault.message], handled: 0, openIntents: 0 };
  const { chain } = opened;
  const events = allEvents(chain.query.bind(chain));
  const sent = new Set(events.filter(({ kind }) => kind === "ipc.sent").map(({ sequence }) => sequence));
  const handledIds = events
    .filter(({ kind }) => kind === "agent.handled")
    .map(({ payload }) => payload.msg_id as number);
  const handled = new Set(handledIds);
  if (handled.size !== handledIds.length) findings.push("a message was handled twice");
  chain.read((state) => {
    const waiting = new Set<number>();
    for (const pid of pids) {
      const rows = readRows(state, "inbox", [pid]);
      for (const { row } of rows) waiting.add(row.msg_id);
      const counted = readRow(state, "mail", pid) ?? 0;
      if (counted !== rows.length) findings.push(`the inbox of pid ${pid} holds ${rows.length} and says ${counted}`);
      const kept = readRow(state, "agent", pid)?.usage.messages_handled;
      const own = events.filter(({ kind, payload }) => kind === "agent.handled" && payload.pid === pid).length;
      if (kept !== own) findings.push(`pid ${pid} has handled ${kept} and the chain says ${own}`);
    }
    for (const id of told.messages.keys()) {
      if (!sent.has(id)) findings.push(`message ${id} was acknowledged and is not on the chain`);
      if (handled.has(id) === waiting.has(id)) {
        findings.push(`message ${id} is ${handled.has(id) ? "handled and still waits" : "neither handled nor waits"}`);
      }
    }
    const jobs = new Set(readRows(state, "job").map(({ row }) => row.id));
    for (const id of told.jobs) {
      if (!jobs.has(id) && !told.removed.has(id)) findings.push(`job ${id} was acknowledged and is gone`);
    }
    const added = new Set(
      events.filter(({ kind }) => kind === "cron.added").map(({ payload }) => payload.job_id as number),
    );
    const removed = new Set(
      events.filter(({ kind }) => kind === "cron.removed").map(({ payload }) => payload.job_id as number),
    );
    for (const id of added) {
      if (jobs.has(id) === removed.has(id)) findings.push(`job ${id} and the chain disagree`);
    }
  });
  const openIntents = chain.openIntents().length;
  const intents = events.filter(({ kind }) => kind === "call.intent").map(({ payload }) => payload.call_id);
  const outcomes = new Set(events.filter(({ kind }) => kind === "call.outcome").map(({ payload }) => payload.call_id));
  const without = intents.filter((id) => !outcomes.has(id)).length;
  if (without !== openIntents) findings.push(`${without} intents have no outcome and ${openIntents} are reported`);
  await chain.close();
  return { findings, handled: handled.size, openIntents };
}

/** With a host that lives, all that waits is handled in the end. */
async function settle(
  place: Scratch,
  told: Told,
  pids: readonly number[],
): Promise<{ readonly findings: readonly string[]; readonly handled: number }> {
  const host = new Served(place);
  await host.initialize();
  for (let tries = 0; tries < 600; tries++) {
    const listed = await host.request("tools/call", { name: "agent_list", arguments: {} });
    const agents = listed.result.structuredContent.agents as readonly { pid: number; inbox: number }[];
    if (agents.filter(({ pid }) => pids.includes(pid)).every(({ inbox }) => inbox === 0)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  host.child.stdin.end();
  await host.exit;
  const { findings, handled } = await check(place.state, told, pids);
  const left = told.messages.size - handled;
  return { findings: left > 0 ? [...findings, `${left} messages were never handled`] : findings, handled };
}

function allEvents(
  query: (query: { sinceSequence: number; count: number }) => { events: readonly ChainEvent[]; next?: number },
) {
  const events: ChainEvent[] = [];
  for (let next: number | undefined = 1; next !== undefined; ) {
    const page = query({ sinceSequence: next, count: 1000 });
    events.push(...page.events);
    next = page.next;
  }
  return events;
}

/** Numbers in 0 … 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
