import type { Chain } from "../../../src/chain/chain.ts";
import type { Capabilities } from "../../../src/contract/capabilities.ts";
import { type Fault, isFault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import type { StateTransaction } from "../../../src/contract/state.ts";
import { type Agents, openAgents } from "../../../src/kernel/agents/agents.ts";
import type { Handle, HandlingResult } from "../../../src/kernel/agents/handling.ts";
import type { AgentsOptions, Post, Templates } from "../../../src/kernel/agents/options.ts";
import type { Caller } from "../../../src/kernel/caller.ts";
import { refused } from "../../../src/kernel/fault.ts";
import { deliver } from "../../../src/kernel/ipc/deliver.ts";
import type { AgentRecord, DeadLetter } from "../../../src/kernel/records.ts";
import { readRow, readRows, removeRow, writeRow } from "../../../src/kernel/rows.ts";
import { createSignals, type Signals } from "../../../src/kernel/signals.ts";
import { mustOpen } from "../../chain/fixture.ts";

export const CLIENT: Caller = { principal: "client:stdio", pid: 0 };
const NEVER = new AbortController().signal;

/** Post that is small enough to be seen through: pids get their messages, a topic's are for whoever has its very pattern. */
export const POST: Post = {
  route(state, sending, target) {
    const pids =
      "pid" in target ? [target.pid] : readRows(state, "subscription", [target.topic]).map(({ key }) => Number(key[1]));
    const receivers = pids.map((pid) => readRow(state, "agent", pid));
    if ("pid" in target && receivers[0] === undefined) return refused("agent-not-found", `no pid ${target.pid}`);
    const full = receivers.find((one) => one !== undefined && (readRow(state, "mail", one.pid) ?? 0) >= 1024);
    if (full !== undefined) return refused("inbox-full", "full");
    const gone = receivers.find((one) => one?.state === "exited" || one?.state === "stopping");
    if (gone !== undefined) return refused("agent-exited", "gone");
    const msg_id = state.event({ source: "kernel", kind: "ipc.sent", payload: { from: sending.from } });
    for (const one of receivers) if (one !== undefined) deliver(state, one, msg_id, sending);
    return { msg_id, to: pids };
  },
  bury(state, message, to_pid, reason) {
    const sequence = state.event({ source: "kernel", kind: "ipc.dead", payload: { to_pid, reason } });
    writeRow(state, "dead", [sequence], { message, to_pid, reason, died: state.time });
  },
  unsubscribe(state, pid) {
    for (const { key } of readRows(state, "subscription-of", [pid])) {
      removeRow(state, "subscription-of", pid, String(key[1]));
      removeRow(state, "subscription", String(key[1]), pid);
    }
  },
};

/** Templates by their names, as they are at each look. */
export const templatesNamed = (names: () => readonly string[]): Templates => ({
  names,
  has: (template) => names().includes(template),
});

const USAGE = { fuelConsumed: 10, memoryPeak: 65_536, durationMs: 1 };

export const answers = (answer: JsonObject): HandlingResult => ({ kind: "answer", answer, usage: USAGE });
export const traps = (code = "wasm-trap"): HandlingResult => ({
  kind: "fault",
  fault: { code, layer: "store", message: "the module trapped" },
  usage: USAGE,
});

/** One message that a module has in its hands. */
export interface Turn {
  readonly agent: AgentRecord;
  readonly input: JsonObject;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
}

export type Module = (turn: Turn) => HandlingResult | Promise<HandlingResult>;

/** What the host does for a message, with a function for a module. */
export function handleBy(chain: Chain, module: Module): Handle {
  return async ({ agent, input, signal, onLog, conclude }) => {
    const log = (message: string) => onLog({ level: "info", message });
    const result = await module({ agent, input, signal, log });
    const done = await chain.commit(conclude(result), "committed");
    return isFault(done) ? done : result;
  };
}

/** A host: its own connection to the state, and the agents it runs. */
export interface Host {
  readonly chain: Chain;
  readonly agents: Agents;
  readonly signals: Signals;
  readonly id: string;
  call(tool: string, args?: JsonObject, caller?: Caller): Promise<JsonObject | Fault>;
  spawn(agentId: string, more?: JsonObject, caller?: Caller): Promise<number>;
  send(to: number, message: JsonObject, from?: { from: string; from_pid: number }): Promise<number>;
  record(pid: number): AgentRecord | undefined;
  dead(): DeadLetter[];
  /** Resolves when `condition` holds; it is looked at whenever something might have changed. */
  until(condition: () => boolean, what?: string): Promise<void>;
  /** Nothing is in hand or could be: every running agent's inbox is empty, and nobody is stopping or starting. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

let hosts = 0;

export function openHost(directory: string, module: Module, more: Partial<AgentsOptions> = {}): Host {
  const id = `kernel-host-${process.pid}-${++hosts}`;
  const clock = more.clock ?? Date.now;
  const chain = mustOpen(directory, { host: { id }, clock });
  const signals = createSignals();
  const agents = openAgents({
    ledger: chain,
    signals,
    clock,
    hostId: id,
    roots: [{ path: "/work-here", access: "read-write" }],
    env: ["LANG"],
    templates: templatesNamed(() => ["mailbox", "echo"]),
    handle: handleBy(chain, module),
    post: POST,
    pollMs: 20,
    stopWaitMs: 20_000,
    ...more,
  });
  const must = <T>(value: T | Fault): T => {
    if (isFault(value)) throw new Error(`${value.code}: ${value.message}`);
    return value as T;
  };
  const host: Host = {
    chain,
    agents,
    signals,
    id,
    async call(tool, args = {}, caller = CLIENT) {
      const implementation = agents.tools[tool];
      if (implementation === undefined) throw new Error(`no tool ${tool}`);
      return await implementation(caller, args, NEVER);
    },
    async spawn(agent_id, args = {}, caller = CLIENT) {
      return Number(must(await host.call("agent.spawn", { agent_id, ...args }, caller)).pid);
    },
    async send(pid, message, from = { from: "client:stdio", from_pid: 0 }) {
      const done = await agents.deliver(pid, (state: StateTransaction) => {
        const routed = POST.route(state, { ...from, message }, { pid });
        return isFault(routed) ? routed : { ...routed, receivers: routed.to.length };
      });
      const { value } = must(done);
      signals.tell({ kind: "mail", pid });
      return value.msg_id;
    },
    record: (pid) => chain.read((state) => readRow(state, "agent", pid)),
    dead: () => chain.read((state) => readRows(state, "dead").map(({ row }) => row)),
    async until(condition, what = "the condition") {
      const giveUp = Date.now() + 30_000;
      while (!condition()) {
        if (Date.now() > giveUp) throw new Error(`${what} did not come true: ${condition}`);
        await new Promise((settle) => setTimeout(settle, 2));
      }
    },
    async settled() {
      await host.until(
        () =>
          chain.read((state) =>
            readRows(state, "agent").every(
              ({ row }) =>
                row.state === "exited" ||
                row.state === "suspended" ||
                (row.state === "running" && (readRow(state, "mail", row.pid) ?? 0) === 0 && row.host !== ""),
            ),
          ),
        "rest",
      );
    },
    async close() {
      await agents.close();
      await chain.close();
    },
  };
  return host;
}

/** The agent as a caller. */
export function as(agent: AgentRecord | undefined): Caller {
  if (agent === undefined) throw new Error("an agent was expected");
  return { principal: `agent:${agent.agent_id}`, pid: agent.pid, capabilities: agent.capabilities };
}

export const codeOf = (value: unknown): string | undefined => (isFault(value) ? value.code : undefined);

export function capabilities(more: Partial<Capabilities> = {}): Capabilities {
  return { tools: [], roots: [], ipc: { agents: "none", topics: [] }, env: [], limits: {}, budget: {}, ...more };
}

/** Kinds of the kernel's events on the chain, in their order. */
export function kinds(chain: Chain): string[] {
  return chain.query({ count: 1000, source: "kernel" }).events.map(({ kind }) => kind);
}
