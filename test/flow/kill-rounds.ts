// Hosts that are killed in the middle of work, again and again, on one state directory: what a client was told must be
// there afterwards, once, and nothing half done. Used by kill.test.ts for a short while and by scripts/kill-soak.ts for
// hours.
import { ChainSoFar, check } from "./kill-check.ts";
import { nothingTold, STANDING, type Standing, type Told, work } from "./kill-work.ts";
import { type Message, type Scratch, Served } from "./program.ts";

export interface KillReport {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly handled: number;
  readonly written: number;
  /** Values that were acknowledged. */
  readonly values: number;
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

/** A host is killed so long after it has begun to answer, in milliseconds. */
const LONGEST_MS = 700;
const FIRST_ANSWER_MS = 15_000;
const IN_FLIGHT = 6;

export async function killRounds({ place, rounds, seed, hosts, log }: KillOptions): Promise<KillReport> {
  const random = randomFrom(seed);
  const standing = await setUp(place);
  const told = nothingTold();
  const record = new ChainSoFar();
  let checked = await check(place, record, told, standing);
  const tell = (round: number) =>
    log(
      `${round} rounds, ${told.messages.size} messages acknowledged, ${record.handled.size} handled, ` +
        `${told.writes.size} files, ${checked.openIntents} open intents`,
    );
  let round = 0;
  while (round < rounds && checked.findings.length === 0) {
    round++;
    await Promise.all(
      Array.from({ length: hosts }, async (_, n) => killOne(place, `${seed}-${round}-${n}`, standing, told, random)),
    );
    checked = await check(place, record, told, standing);
    if (round % 20 === 0 || round === rounds) tell(round);
  }
  const findings = checked.findings.map((finding) => `round ${round}: ${finding}`);
  if (findings.length === 0) findings.push(...(await settle(place, record, told, standing)));
  return {
    rounds: round,
    acknowledged: told.messages.size,
    handled: record.handled.size,
    written: told.writes.size,
    values: [...told.values.values()].reduce((sum, versions) => sum + versions.size, 0),
    openIntents: checked.openIntents,
    findings,
  };
}

/** Serves, lets clients work, and kills the host. */
async function killOne(place: Scratch, name: string, standing: Standing, told: Told, random: () => number) {
  const host = new Served(place);
  await host.initialize();
  const stop = { now: false };
  const before = told.messages.size;
  const loops = Array.from({ length: IN_FLIGHT }, (_, n) =>
    work({ host, name: `${name}-${n}`, standing, told, random, stop }),
  );
  // Some are killed while they start; the others once they have work in hand, however slow the machine is.
  const early = random() < 0.3;
  for (let waited = 0; !early && told.messages.size === before && waited < FIRST_ANSWER_MS; waited += 10) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_MS));
  stop.now = true;
  host.child.kill("SIGKILL");
  await host.exit;
  await Promise.allSettled(loops);
}

/** The agents that stay, and two jobs that fire every second: one sends, one calls a tool. */
async function setUp(place: Scratch): Promise<Standing> {
  const host = new Served(place);
  await host.initialize();
  const must = async (name: string, args: object): Promise<Message> => {
    const { isError, structuredContent, content } = await host.call(name, args);
    if (isError === true) throw new Error(`${name} was refused: ${JSON.stringify(content)}`);
    return structuredContent;
  };
  const pids: { [id: string]: number } = {};
  for (const [agent_id, { template, topic }] of Object.entries(STANDING)) {
    const { pid } = await must("agent_spawn", { agent_id, template, capabilities: { ipc: "all" } });
    pids[agent_id] = pid;
    if (topic !== undefined) await must("ipc_subscribe", { topic, pid });
  }
  await must("sys_cron_add", { name: "tick", interval_secs: 1, command: "tick", target_pid: pids.one });
  await must("sys_cron_add", { name: "look", interval_secs: 1, command: 'fs.exists {"path": "."}' });
  await host.close();
  return pids as Standing;
}

/** With a host that lives, all that waits is handled in the end, and jobs that dead hosts ran are taken up. */
async function settle(place: Scratch, record: ChainSoFar, told: Told, standing: Standing): Promise<readonly string[]> {
  const host = new Served(place);
  await host.initialize();
  const pids: readonly number[] = Object.values(standing);
  for (let tries = 0; tries < 600; tries++) {
    const listed = await host.call("agent_list", {});
    const agents = listed.structuredContent.agents as readonly { pid: number; inbox: number }[];
    if (agents.filter(({ pid }) => pids.includes(pid)).every(({ inbox }) => inbox === 0)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { jobs } = (await host.call("sys_cron_list", {})).structuredContent;
  const runs = (name: string): number => jobs.find((job: Message) => job.name === name)?.runs ?? 0;
  host.child.stdin.end();
  await host.exit;
  const { findings } = await check(place, record, told, standing);
  const left = [...told.messages].filter(([id, to]) =>
    to.some((pid) => pids.includes(pid) && !record.handled.has(`${pid}:${id}`) && !record.isDead(pid, id)),
  );
  return [
    ...findings,
    ...(left.length > 0 ? [`${left.length} messages were never handled`] : []),
    ...["tick", "look"].filter((name) => runs(name) === 0).map((name) => `job ${name} never ran`),
  ];
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
