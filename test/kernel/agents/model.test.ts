import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { verifyChain } from "../../../src/chain/verify.ts";
import { isFault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";

import type { AgentState } from "../../../src/kernel/records.ts";
import { readRow, readRows, writeRow } from "../../../src/kernel/rows.ts";
import { stateDirectory } from "../../chain/fixture.ts";
import { answers, as, codeOf, type Host, type Module, openHost, traps } from "./fixture.ts";

const MOST_AGENTS = 5;
const MOST_RESTARTS = 4;

/** `n` tells the messages of a test apart; those that the kernel writes have none. */
type Work = { readonly n: number; readonly does: "nothing" | "traps" | "exits-0" | "exits-2" | "writes-to-itself" };
type Letter = Work | "child-exited" | "from-itself";

const module: Module = ({ agent, input }) => {
  const { does } = input.message as JsonObject;
  if (does === "traps") return traps();
  if (does === "exits-0") return answers({ exit: { code: 0 } });
  if (does === "exits-2") return answers({ exit: { code: 2 } });
  const state = Number(input.state ?? 0) + 1;
  return does === "writes-to-itself"
    ? answers({ state, send: [{ to_pid: agent.pid, message: { from_itself: true } }] })
    : answers({ state });
};

interface ModelAgent {
  readonly pid: number;
  readonly name: string;
  readonly temporary: boolean;
  readonly stays: boolean;
  parent: number;
  state: AgentState;
  inbox: Letter[];
  handled: number;
  /** How often it handled something that changes its state. */
  counted: number;
  restarts: number;
  code?: number;
}

/** The kernel as one could explain it. */
class Model {
  readonly agents = new Map<number, ModelAgent>();
  readonly dead: string[] = [];
  pids = 0;
  messages = 0;

  get live(): ModelAgent[] {
    return [...this.agents.values()].filter(({ state }) => state !== "exited");
  }

  deliver(pid: number, letter: Letter): void {
    this.agents.get(pid)?.inbox.push(letter);
  }

  exit(agent: ModelAgent, code: number, forced: boolean): void {
    agent.state = "exited";
    agent.code = code;
    for (const letter of agent.inbox) this.dead.push(`${nameOf(letter)} receiver-exited`);
    agent.inbox = [];
    for (const child of this.live.filter(({ parent }) => parent === agent.pid)) {
      if (child.stays) child.parent = agent.parent;
      else this.exit(child, forced ? 137 : 0, forced);
    }
    const parent = this.agents.get(agent.parent);
    if (parent !== undefined && parent.state !== "exited") parent.inbox.push("child-exited");
  }

  endedByItself(agent: ModelAgent, code: number): void {
    if (agent.temporary || code === 0) this.exit(agent, code, false);
    else if (agent.restarts >= MOST_RESTARTS) this.exit(agent, 1, false);
    else agent.restarts++;
  }

  /** Everything that runs handles what it has. */
  settle(): void {
    for (;;) {
      const agent = this.live.find(({ state, inbox }) => state === "running" && inbox.length > 0);
      if (agent === undefined) return;
      this.#handle(agent, agent.inbox[0] as Letter);
    }
  }

  #handle(agent: ModelAgent, letter: Letter): void {
    const does = typeof letter === "string" ? "nothing" : letter.does;
    if (does === "traps") {
      for (let attempt = 1; attempt <= 3 && agent.state === "running"; attempt++) {
        if (attempt === 3) {
          agent.inbox.shift();
          this.dead.push(`${nameOf(letter)} poison`);
        }
        this.endedByItself(agent, 1);
      }
      return;
    }
    agent.inbox.shift();
    agent.handled++;
    if (does === "exits-0" || does === "exits-2") {
      this.endedByItself(agent, does === "exits-0" ? 0 : 2);
      return;
    }
    agent.counted++;
    if (does === "writes-to-itself") agent.inbox.push("from-itself");
  }
}

const nameOf = (letter: Letter): string => (typeof letter === "string" ? letter : String(letter.n));

interface Real {
  host: Host;
  readonly directory: string;
}

function letterOf({ n, event, from_itself }: JsonObject): string {
  if (event !== undefined) return String(event);
  return from_itself === true ? "from-itself" : String(n);
}

async function compare(model: Model, real: Real): Promise<void> {
  model.settle();
  await real.host.settled();
  real.host.chain.read((state) => {
    for (const agent of model.agents.values()) {
      const record = readRow(state, "agent", agent.pid);
      const about = `${agent.name} with pid ${agent.pid}`;
      assert.is(record?.state, agent.state, about);
      assert.is(record?.exit?.code, agent.code, about);
      assert.is(record?.parent_pid, agent.parent, about);
      assert.is(record?.restarts, agent.restarts, about);
      assert.is(record?.usage.messages_handled, agent.handled, about);
      const inbox = readRows(state, "inbox", [agent.pid]).map(({ row }) => letterOf(row.message));
      assert.equal(inbox, agent.inbox.map(nameOf), about);
      assert.is(readRow(state, "mail", agent.pid) ?? 0, agent.inbox.length, about);
      if (agent.state !== "exited") assert.is(readRow(state, "agent-state", agent.pid) ?? 0, agent.counted, about);
    }
    const names = readRows(state, "agent-id").map(({ key, row }) => `${key[0]} ${row}`);
    assert.equal(names.sort(), model.live.map(({ name, pid }) => `${name} ${pid}`).sort());
  });
  const dead = real.host.dead().map(({ message, reason }) => `${letterOf(message.message)} ${reason}`);
  assert.equal(dead.sort(), [...model.dead].sort());
}

type Command = fc.AsyncCommand<Model, Real>;

class Spawn implements Command {
  constructor(
    readonly name: string,
    readonly parent: number,
    readonly temporary: boolean,
    readonly stays: boolean,
  ) {}
  check = () => true;
  async run(model: Model, real: Real) {
    const parent = model.live.find(({ pid }) => pid === this.parent);
    const record = parent && real.host.record(parent.pid);
    const answer = await real.host.call(
      "agent.spawn",
      {
        agent_id: this.name,
        capabilities: {
          ipc: "all",
          supervision: {
            restart: this.temporary ? "temporary" : "transient",
            max_restarts: MOST_RESTARTS,
            within_secs: 3600,
            backoff_ms: 0,
            on_parent_exit: this.stays ? "continue" : "stop",
          },
        },
      },
      ...(record ? [as(record)] : []),
    );
    if (model.live.some(({ name }) => name === this.name)) assert.is(codeOf(answer), "agent-exists");
    else if (model.live.length >= MOST_AGENTS) assert.is(codeOf(answer), "agent-table-full");
    else {
      const pid = ++model.pids;
      assert.equal(answer, { pid, agent_id: this.name, state: "running" });
      const { name, temporary, stays } = this;
      model.agents.set(pid, {
        pid,
        name,
        temporary,
        stays,
        parent: parent?.pid ?? 0,
        state: "running",
        inbox: [],
        handled: 0,
        counted: 0,
        restarts: 0,
      });
    }
    await compare(model, real);
  }
  toString = () =>
    `spawn ${this.name} below ${this.parent}${this.temporary ? ", temporary" : ""}${this.stays ? ", stays" : ""}`;
}

class Send implements Command {
  constructor(
    readonly pid: number,
    readonly does: readonly Work["does"][],
  ) {}
  check = (model: Readonly<Model>) => model.live.some(({ pid }) => pid === this.pid);
  async run(model: Model, real: Real) {
    // Several at once only where they wait: one that ends the agent would race the others' being sent.
    const waits = model.agents.get(this.pid)?.state === "suspended";
    for (const does of waits ? this.does : this.does.slice(0, 1)) {
      const n = ++model.messages;
      await real.host.send(this.pid, { n, does });
      model.deliver(this.pid, { n, does });
    }
    await compare(model, real);
  }
  toString = () => `send ${this.does} to ${this.pid}`;
}

class Move implements Command {
  constructor(
    readonly tool: "suspend" | "resume",
    readonly pid: number,
  ) {}
  check = (model: Readonly<Model>) => model.agents.has(this.pid);
  async run(model: Model, real: Real) {
    const agent = model.agents.get(this.pid) as ModelAgent;
    const answer = await real.host.call(`agent.${this.tool}`, { pid: this.pid });
    const [from, to] =
      this.tool === "suspend" ? (["running", "suspended"] as const) : (["suspended", "running"] as const);
    if (agent.state === from) {
      assert.not(isFault(answer));
      agent.state = to;
    } else assert.is(codeOf(answer), "illegal-transition");
    await compare(model, real);
  }
  toString = () => `${this.tool} ${this.pid}`;
}

class Stop implements Command {
  constructor(
    readonly pid: number,
    readonly graceful: boolean,
  ) {}
  check = (model: Readonly<Model>) => model.agents.has(this.pid);
  async run(model: Model, real: Real) {
    const agent = model.agents.get(this.pid) as ModelAgent;
    const answer = await real.host.call("agent.stop", { pid: this.pid, graceful: this.graceful });
    if (agent.state === "exited") assert.is(codeOf(answer), "illegal-transition");
    else {
      const exit_code = this.graceful ? 0 : 137;
      assert.equal(answer, { stopped: true, agent_id: agent.name, exit_code });
      model.exit(agent, exit_code, !this.graceful);
    }
    await compare(model, real);
  }
  toString = () => `${this.graceful ? "stop" : "kill"} ${this.pid}`;
}

class NewHost implements Command {
  constructor(readonly orderly: boolean) {}
  check = () => true;
  async run(model: Model, real: Real) {
    await real.host.agents.close();
    // What a host leaves behind that had no time to say that it goes.
    if (!this.orderly) {
      await real.host.chain.commit((state) => {
        for (const { row } of readRows(state, "agent"))
          if (row.state !== "exited") writeRow(state, "agent", [row.pid], { ...row, host: "a-dead-host" });
        state.event({ source: "kernel", kind: "agent.moved", payload: {} });
        return null;
      }, "committed");
    }
    await real.host.chain.close();
    real.host = openHost(real.directory, module, { maxAgents: MOST_AGENTS });
    await real.host.until(() => model.live.every(({ pid }) => real.host.record(pid)?.host === real.host.id));
    await compare(model, real);
  }
  toString = () => (this.orderly ? "another host" : "the host dies");
}

const pid = fc.integer({ min: 1, max: 7 });
const does = fc.constantFrom<Work["does"]>("nothing", "nothing", "traps", "exits-0", "exits-2", "writes-to-itself");
const commands = [
  fc
    .tuple(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.nat(5), fc.boolean(), fc.boolean())
    .map((args) => new Spawn(...args)),
  fc
    .tuple(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.nat(5), fc.boolean(), fc.boolean())
    .map((args) => new Spawn(...args)),
  fc.tuple(pid, fc.array(does, { minLength: 1, maxLength: 4 })).map((args) => new Send(...args)),
  fc.tuple(pid, fc.array(does, { minLength: 1, maxLength: 4 })).map((args) => new Send(...args)),
  fc.tuple(fc.constantFrom<"suspend" | "resume">("suspend", "resume"), pid).map((args) => new Move(...args)),
  fc.tuple(pid, fc.boolean()).map((args) => new Stop(...args)),
  fc.boolean().map((orderly) => new NewHost(orderly)),
];

test("whatever is done with agents, table, inboxes, states and dead letters are those of a simple model", async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: "max" }), async (sequence) => {
      const real: Real = { directory: stateDirectory(), host: undefined as never };
      real.host = openHost(real.directory, module, { maxAgents: MOST_AGENTS });
      try {
        await fc.asyncModelRun(() => ({ model: new Model(), real }), sequence);
      } finally {
        await real.host.close();
      }
      assert.equal((await verifyChain(real.directory)).problems, []);
    }),
    { numRuns: 25, endOnFailure: true },
  );
});

test.run();
