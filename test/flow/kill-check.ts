// Looks at the state and the chain of hosts that were killed, while none runs: all that clients were told must be there, once,
// and nothing half done. Used by kill-rounds.ts.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Chain, openChain } from "../../src/chain/chain.ts";
import { verifyChain } from "../../src/chain/verify.ts";
import { canonicalJson } from "../../src/contract/canonical-json.ts";
import type { ChainEvent } from "../../src/contract/chain-event.ts";
import type { Json, JsonObject } from "../../src/contract/json.ts";
import type { StateReader } from "../../src/contract/state.ts";
import { findDamage } from "../../src/kernel/damage.ts";
import { readRow, readRows } from "../../src/kernel/rows.ts";
import { contentOf, type Standing, type Told } from "./kill-work.ts";
import type { Scratch } from "./program.ts";

/** What may follow on the chain for one agent. */
const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  "": ["agent.spawned"],
  "agent.spawned": ["agent.started", "agent.exited"],
  "agent.started": ["agent.suspended", "agent.stopping", "agent.exited"],
  "agent.suspended": ["agent.resumed", "agent.stopping", "agent.exited"],
  "agent.resumed": ["agent.suspended", "agent.stopping", "agent.exited"],
  "agent.stopping": ["agent.exited"],
  "agent.exited": [],
};

/** All that the chain has told so far; events that were seen once must stay. */
export class ChainSoFar {
  #last: ChainEvent | undefined;
  readonly findings: string[] = [];
  /** `pid:msg_id` of what was handled, in its order. */
  readonly handled = new Set<string>();
  readonly #lastHandled = new Map<unknown, number>();
  readonly sent = new Map<number, ChainEvent["payload"]>();
  readonly #replies = new Map<number, number>();
  readonly #dead = new Set<string>();
  readonly #stands = new Map<unknown, string>();
  readonly #hosts = new Map<unknown, unknown>();
  readonly #fired = new Map<unknown, { due: number; open: boolean }>();
  readonly added = new Set<unknown>();
  readonly removedJobs = new Set<unknown>();
  readonly intents = new Map<unknown, unknown>();
  readonly #outcomes = new Set<unknown>();
  readonly written = new Set<unknown>();
  /** Key → digests of its values, by version from 1 on. */
  readonly values = new Map<unknown, unknown[]>();

  /** Reads on from where it was. */
  take(chain: Chain): void {
    const last = this.#last;
    if (last !== undefined) {
      const [now] = chain.query({ sinceSequence: last.sequence, count: 1 }).events;
      if (now?.hash !== last.hash) this.findings.push(`event ${last.sequence} was ${last.kind} and is ${now?.kind}`);
    }
    for (let next: number | undefined = (last?.sequence ?? 0) + 1; next !== undefined; ) {
      const page: { events: readonly ChainEvent[]; next?: number } = chain.query({ sinceSequence: next, count: 1000 });
      for (const event of page.events) this.#add(event);
      this.#last = page.events.at(-1) ?? this.#last;
      next = page.next;
    }
  }

  isDead(pid: number, id: number): boolean {
    return this.#dead.has(`${pid}:${id}`);
  }

  repliesTo(id: number): number {
    return this.#replies.get(id) ?? 0;
  }

  openCalls(): unknown[] {
    return [...this.intents.keys()].filter((id) => !this.#outcomes.has(id));
  }

  #add({ sequence, kind, payload }: ChainEvent): void {
    const { pid, msg_id } = payload;
    const find = (what: string) => this.findings.push(`event ${sequence}, ${kind}: ${what}`);
    if (FOLLOWS[kind] !== undefined && payload.kind !== "client") {
      const before = this.#stands.get(pid) ?? "";
      if (!FOLLOWS[before]?.includes(kind)) find(`pid ${pid} was ${before || "not there"}`);
      this.#stands.set(pid, kind);
    }
    switch (kind) {
      case "ipc.sent":
        this.sent.set(sequence, payload);
        if (payload.in_reply_to !== undefined) {
          const to = Number(payload.in_reply_to);
          this.#replies.set(to, this.repliesTo(to) + 1);
        }
        return;
      case "ipc.dead":
        this.#dead.add(`${payload.to_pid}:${msg_id}`);
        return;
      case "agent.handled": {
        if (this.handled.has(`${pid}:${msg_id}`)) find(`message ${msg_id} was handled before`);
        if ((this.#lastHandled.get(pid) ?? 0) > Number(msg_id)) find(`message ${msg_id} was overtaken`);
        this.#lastHandled.set(pid, Number(msg_id));
        this.handled.add(`${pid}:${msg_id}`);
        const replies = this.repliesTo(Number(msg_id));
        if (Number(payload.sent) !== replies) find(`says ${payload.sent} sent, and ${replies} are on the chain`);
        return;
      }
      case "agent.moved": {
        const known = this.#hosts.get(pid);
        if (known !== undefined && known !== payload.from)
          find(`pid ${pid} was with ${known} and came from ${payload.from}`);
        this.#hosts.set(pid, payload.to);
        return;
      }
      case "cron.added":
        this.added.add(payload.job_id);
        return;
      case "cron.removed":
        this.removedJobs.add(payload.job_id);
        return;
      case "cron.fired": {
        const before = this.#fired.get(payload.job_id);
        if (before !== undefined && before.due >= Number(payload.due)) find(`job ${payload.job_id} fired twice`);
        if (before?.open === true) find(`job ${payload.job_id} fired while it ran`);
        this.#fired.set(payload.job_id, { due: Number(payload.due), open: msg_id === undefined });
        return;
      }
      case "cron.ended": {
        const fired = this.#fired.get(payload.job_id);
        if (fired?.open !== true) find(`job ${payload.job_id} ended and did not run`);
        else fired.open = false;
        return;
      }
      case "kv.set": {
        const versions = this.values.get(payload.key) ?? [];
        this.values.set(payload.key, versions);
        if (versions.push(payload.sha256) !== payload.version)
          find(`${payload.key} has version ${payload.version} after ${versions.length - 1}`);
        return;
      }
      case "call.intent":
        this.intents.set(payload.call_id, payload.args_sha256);
        return;
      case "call.outcome":
        this.#outcomes.add(payload.call_id);
        if (payload.tool === "fs.write_file" && payload.status === "ok") this.written.add(payload.args_sha256);
    }
  }
}

export interface Checked {
  readonly findings: readonly string[];
  readonly openIntents: number;
}

/** Looks at all of it. */
export async function check(place: Scratch, record: ChainSoFar, told: Told, standing: Standing): Promise<Checked> {
  const findings = verifyChain(place.state).problems.map(
    ({ code, message }) => `the chain does not verify: ${code}: ${message}`,
  );
  const opened = openChain({
    directory: place.state,
    clock: Date.now,
    random: () => {
      throw new Error("the chain's key is gone");
    },
    host: { id: `check-${process.pid}-${Date.now()}` },
  });
  if (!opened.ok) return { findings: [...findings, opened.fault.message], openIntents: 0 };
  const { chain } = opened;
  record.take(chain);
  findings.push(...record.findings, ...told.surprises);
  const find = (what: string) => findings.push(what);
  chain.read((state) => {
    for (const { what } of findDamage(state)) find(what);
    checkMessages(state, record, told, standing, find);
    checkAgents(state, told, find);
    checkJobs(state, record, told, find);
    checkValues(state, record, told, find);
  });
  checkFiles(place, record, told, find);
  const openIntents = chain.openIntents().length;
  const without = record.openCalls().length;
  if (without !== openIntents) find(`${without} intents have no outcome and ${openIntents} are reported`);
  await chain.close();
  return { findings, openIntents };
}

type Find = (what: string) => void;

/** Each message to a standing agent was handled, or waits, or is a dead letter; and one of these only. */
function checkMessages(state: StateReader, record: ChainSoFar, told: Told, standing: Standing, find: Find): void {
  const waiting = new Set<string>();
  for (const { key } of readRows(state, "agent")) {
    const pid = Number(key[0]);
    const rows = readRows(state, "inbox", [pid]);
    for (const { row } of rows) waiting.add(`${pid}:${row.msg_id}`);
    const counted = readRow(state, "mail", pid) ?? 0;
    if (counted !== rows.length) find(`the inbox of pid ${pid} holds ${rows.length} and says ${counted}`);
  }
  const fate = (pid: number, id: number) =>
    [
      record.handled.has(`${pid}:${id}`) && "handled",
      waiting.has(`${pid}:${id}`) && "waiting",
      record.isDead(pid, id) && "dead",
    ].filter((one) => one !== false);
  for (const [id, pids] of told.messages) {
    if (!record.sent.has(id)) find(`message ${id} was acknowledged and is not on the chain`);
    for (const pid of pids) {
      const found = fate(pid, id);
      if (found.length !== 1) find(`message ${id} to pid ${pid} is ${found.join(" and ") || "nowhere"}`);
    }
  }
  const pids = new Set<unknown>(Object.values(standing));
  for (const [id, { to_pid }] of record.sent) {
    if (!pids.has(to_pid) || told.messages.has(id)) continue;
    const found = fate(Number(to_pid), id);
    if (found.length !== 1)
      find(`message ${id} to pid ${to_pid}, not acknowledged, is ${found.join(" and ") || "nowhere"}`);
  }
  for (const pid of Object.values(standing)) {
    const kept = readRow(state, "agent", pid)?.usage.messages_handled;
    const own = [...record.handled].filter((one) => one.startsWith(`${pid}:`)).length;
    if (kept !== own) find(`pid ${pid} has handled ${kept} and the chain says ${own}`);
  }
}

function checkAgents(state: StateReader, told: Told, find: Find): void {
  for (const agent of told.churned) {
    const now = readRow(state, "agent", agent.pid)?.state ?? "exited"; // of those that exited, the last ones are kept
    if (!agent.stands.some((one) => one === now)) find(`pid ${agent.pid} is ${now} and should be ${agent.stands}`);
    if (agent.stands.length === 1 && now === "exited") told.churned.delete(agent);
  }
  const names = readRows(state, "agent-id");
  for (const { key, row: pid } of names) {
    const agent = readRow(state, "agent", pid);
    if (agent === undefined || agent.state === "exited" || agent.agent_id !== key[0])
      find(`the name ${key[0]} is nobody's`);
  }
  const live = readRows(state, "agent").filter(({ row }) => row.state !== "exited");
  if (live.length !== names.length) find(`${live.length} agents have ${names.length} names`);
}

function checkJobs(state: StateReader, record: ChainSoFar, told: Told, find: Find): void {
  const jobs = new Set<unknown>(readRows(state, "job").map(({ row }) => row.id));
  for (const id of told.jobs) {
    if (!jobs.has(id) && !told.removed.has(id)) find(`job ${id} was acknowledged and is gone`);
  }
  for (const id of record.added) {
    if (jobs.has(id) === record.removedJobs.has(id)) find(`job ${id} and the chain disagree`);
  }
}

/** The last value that the chain tells of is there, and every one that was acknowledged was. */
function checkValues(state: StateReader, record: ChainSoFar, told: Told, find: Find): void {
  for (const [key, versions] of record.values) {
    const row = readRow(state, "kv", "default", String(key));
    if (row?.version !== versions.length) find(`${key} has version ${row?.version} and the chain ${versions.length}`);
    if (row !== undefined && digestOf(row.value) !== versions.at(-1)) find(`${key} holds another value than was set`);
  }
  for (const [key, versions] of told.values) {
    for (const [version, value] of versions) {
      if (record.values.get(key)?.[version - 1] !== digestOf(value as JsonObject))
        find(`version ${version} of ${key} was acknowledged and is not on the chain`);
    }
  }
}

/** What was written is there whole, and nothing is there that was not announced. */
function checkFiles({ root }: Scratch, record: ChainSoFar, told: Told, find: Find): void {
  const announced = new Set(record.intents.values());
  const names = new Set(readdirSync(root).filter((name) => name.startsWith("w-")));
  for (const name of names) {
    const args = digestOf({ path: name, content: contentOf(name) });
    if (!announced.has(args)) find(`${name} was written and is not announced on the chain`);
    if (readFileSync(join(root, name), "utf8") !== contentOf(name)) find(`${name} is half written`);
  }
  for (const [name, content] of told.writes) {
    if (!names.has(name)) find(`${name} was acknowledged and is not there`);
    if (!record.written.has(digestOf({ path: name, content }))) find(`${name} was acknowledged and has no outcome`);
  }
}

const digestOf = (args: Json): string => createHash("sha256").update(canonicalJson(args)).digest("hex");
