import { type Fault, isFault } from "../../contract/fault.ts";
import type { Change, Committed } from "../../contract/state.ts";
import { refused } from "../fault.ts";
import { buryDamaged } from "../ipc/dead-letters.ts";
import type { Routed } from "../ipc/send.ts";
import type { AgentRecord, ExitRecord, MessageRecord } from "../records.ts";
import { parting } from "./adoption.ts";
import { minuteOf, resumeMinutes } from "./budget.ts";
import type { Charge } from "./conclude.ts";
import { askedExit, exitAgent } from "./exit.ts";
import { createForesight } from "./foresight.ts";
import { handleMessage } from "./handle-message.ts";
import type { Handle } from "./handling.ts";
import { holdSending } from "./held-sending.ts";
import { nextStep, type Step, type TemplateFacts } from "./next-step.ts";
import { type AgentsOptions, laterByTimer } from "./options.ts";
import { newSlot, type Slot, settleCharge } from "./slots.ts";
import { agentAt, liveAgents, writeAgent } from "./table.ts";

const PARALLEL = 4;
/** What could not be committed is tried again after this, then after twice as long, up to the most. */
const RETRY_MS = 250;
const MOST_RETRY_MS = 30_000;

const NOTHING_CAME = refused("internal", "the agent or its message was not this host's any more");

/** A step that takes time. */
type Task = Exclude<Step, { kind: "gone" | "rest" | "wait" }>;

/** What carries out the messages of one backend. */
export interface Backend {
  readonly handle: Handle;
  /** Whether an agent of this template can run here at the moment. */
  has(template: string): boolean;
  /** Makes ready what is needed before the first message; a fault ends the agent. */
  start(agent: AgentRecord): Promise<Fault | undefined>;
  /** Ends what is left of an agent that this host does not run any more. */
  release(pid: number): void;
}

export type Backends = Readonly<Record<AgentRecord["backend"], Backend>>;

/** Runs the agents whose host this is: of each at most one message at a time, of all in turn, some at once. */
export interface Runner {
  /** Looks soon whether this agent has something to do. */
  consider(pid: number): void;
  /**
   * Has an agent of this host that waits for a message handle the one that is about to be sent, and answers for its
   * sending; undefined where the message has to be sent before anything else.
   */
  handleEarly(pid: number, sending: Change<Routed>): Promise<Committed<Routed> | Fault> | undefined;
  /** Looks at all agents of this host, and ends what runs for those that are not its any more. */
  scan(): void;
  /** The memory of an agent that runs here. */
  slot(pid: number): Slot | undefined;
  /** Ends all that is in hand and starts nothing more. The messages stay in their inboxes. */
  close(): Promise<void>;
}

export function createRunner(options: AgentsOptions, backends: Backends): Runner {
  const { ledger, signals, clock, hostId, later = laterByTimer, parallel = PARALLEL } = options;
  const slots = new Map<number, Slot>();
  /** In the order of their turns: an agent that had its turn goes to the end. */
  const waiting = new Set<number>();
  const templates: TemplateFacts = {
    hasTemplate: ({ backend, template }) => backends[backend].has(template),
    templateFuel: ({ backend, template }) => (backend === "wasm" ? options.templates.fuel?.(template) : undefined),
  };
  const foresight = createForesight(ledger, hostId, clock, templates);
  let inHand = 0;
  let closed = false;

  function drain(): void {
    while (!closed && inHand < parallel) {
      const [pid] = waiting;
      if (pid === undefined) return;
      waiting.delete(pid);
      step(slots.get(pid) ?? newSlot(pid));
    }
  }

  function consider(pid: number): void {
    const slot = slots.get(pid);
    if (closed || slot?.abort !== undefined || slot?.blocked === true) return;
    waiting.add(pid);
    drain();
  }

  function step(slot: Slot): void {
    slot.cancelTimer?.();
    slot.cancelTimer = undefined;
    let next: Step;
    try {
      if (!slots.has(slot.pid)) resumeMinutes(slot.minutes, ledger.read((state) => agentAt(state, slot.pid))?.minute);
      next = ledger.read((state) => nextStep(state, slot.pid, hostId, clock(), slot.minutes, templates));
    } catch {
      // A damaged row stops this agent and no other: `doctor` finds it.
      block(slot);
      return;
    }
    if (next.kind === "gone") forget(slot.pid);
    else slots.set(slot.pid, slot);
    if (next.kind === "wait") slot.cancelTimer = later(next.ms, () => consider(slot.pid));
    if (next.kind === "gone" || next.kind === "rest" || next.kind === "wait") return;
    begin(slot, next);
  }

  function begin(slot: Slot, next: Task): void {
    inHand++;
    const abort = new AbortController();
    slot.abort = abort;
    slot.done = carryOut(slot, next, abort.signal)
      .catch(unexpected)
      .then((fault) => {
        inHand--;
        slot.abort = undefined;
        slot.held = undefined;
        slot.concluding = false;
        if (fault === undefined) slot.failures = 0;
        else block(slot);
        consider(slot.pid);
        drain();
      });
  }

  function block(slot: Slot): void {
    slot.blocked = true;
    slot.cancelTimer = later(Math.min(MOST_RETRY_MS, RETRY_MS * 2 ** Math.min(slot.failures++, 20)), () => {
      slot.blocked = false;
      consider(slot.pid);
    });
  }

  function forget(pid: number): void {
    const slot = slots.get(pid);
    slot?.abort?.abort();
    slot?.cancelTimer?.();
    slots.delete(pid);
    for (const backend of Object.values(backends)) backend.release(pid);
  }

  function handleEarly(pid: number, sending: Change<Routed>): Promise<Committed<Routed> | Fault> | undefined {
    const slot = slots.get(pid);
    if (closed || slot === undefined || slot.blocked || waiting.size > 0) return undefined;
    // What is being committed of the message before comes first anyway.
    if (slot.concluding === true && inHand === 1) {
      return slot.done.then(() => handleEarly(pid, sending) ?? ledger.commit(sending, "committed"));
    }
    if (slot.abort !== undefined || inHand > 0) return undefined;
    const foreseen = foresight.foresee(slot, sending);
    if (foreseen === undefined) return undefined;
    slot.held = holdSending(ledger, sending, foreseen.message.msg_id);
    const { sent } = slot.held;
    begin(slot, foreseen);
    return sent;
  }

  async function carryOut(slot: Slot, next: Task, signal: AbortSignal): Promise<Fault | undefined> {
    const { agent } = next;
    if (next.kind === "handle") return await handle(slot, agent, next.message, signal);
    if (next.kind === "end") return await end(agent, (now) => askedExit(now));
    if (next.kind === "part") return await commit(parting(agent.pid, hostId));
    if (next.kind === "discard") return await discard(agent.pid, next.msgId);
    const failed = await backends[agent.backend].start(agent);
    if (failed !== undefined) return await end(agent, () => ({ code: 1, reason: "start-failed" }));
    return await commit(starting(agent.pid, hostId));
  }

  async function handle(
    slot: Slot,
    agent: AgentRecord,
    message: MessageRecord,
    signal: AbortSignal,
  ): Promise<Fault | undefined> {
    const { held } = slot;
    slot.minutes.messages.spend(clock(), 1);
    let written: Charge | undefined;
    const nested = () => {
      slot.concluding = true;
      written = slot.nested;
      return slot.nested;
    };
    // The fuel of this run is of the minute as soon as it is known, also where its conclusion cannot be committed.
    let spent = 0;
    const minute = (fuel: number) => {
      slot.minutes.fuel.spend(clock(), fuel - spent);
      spent = fuel;
      return minuteOf(slot.minutes, agent.capabilities.budget, clock());
    };
    const handled = await handleMessage(
      backends[agent.backend].handle,
      agent,
      message,
      options,
      templates.templateFuel(agent),
      signal,
      { nested, minute, held },
    );
    if (isFault(handled)) return handled;
    slot.lastRunMs = handled.runMs;
    const { kind, receivers } = handled.concluded;
    if (kind !== "stale" && written !== undefined) settleCharge(slot, written);
    tell(receivers);
    if (held !== undefined) foresight.learn(held.cameTrue());
    if (held?.cameTrue() === false) return undefined;
    // What came to nothing is looked at again after a pause: it may come to nothing again.
    return kind === "stale" ? NOTHING_CAME : undefined;
  }

  /** Lets an agent that has nothing in hand exit, if it still is as it was seen. */
  async function end(seen: AgentRecord, exitOf: (now: AgentRecord) => ExitRecord): Promise<Fault | undefined> {
    return await commit((state) => {
      const agent = agentAt(state, seen.pid);
      if (agent === undefined || agent.state !== seen.state || agent.host !== hostId) return [];
      return exitAgent(state, agent, exitOf(agent), "graceful", options.post);
    });
  }

  /** A message that cannot be read is a dead letter, and what waits behind it is handled. */
  async function discard(pid: number, msgId: number): Promise<Fault | undefined> {
    return await commit((state) => {
      const agent = agentAt(state, pid);
      if (agent?.host === hostId && agent.state !== "exited") buryDamaged(state, pid, msgId, options.post);
      return [];
    });
  }

  async function commit(change: Change<readonly number[]>): Promise<Fault | undefined> {
    const done = await ledger.commit(change, "committed");
    if (isFault(done)) return done;
    signals.tell({ kind: "agents" });
    tell(done.value);
    return undefined;
  }

  function tell(receivers: readonly number[]): void {
    for (const pid of receivers) signals.tell({ kind: "mail", pid });
  }

  return {
    consider,
    handleEarly,
    scan() {
      if (closed) return;
      const own = ledger.read((state) => liveAgents(state).filter(({ host }) => host === hostId));
      const pids = new Set(own.map(({ pid }) => pid));
      for (const pid of [...slots.keys()]) if (!pids.has(pid)) forget(pid);
      for (const pid of pids) consider(pid);
    },
    slot: (pid) => slots.get(pid),
    async close() {
      closed = true;
      waiting.clear();
      const ending = [...slots.values()].map(({ done }) => done);
      for (const pid of [...slots.keys()]) forget(pid);
      await Promise.all(ending);
    },
  };
}

function unexpected(error: unknown): Fault {
  return refused("internal", `an agent could not be run: ${error instanceof Error ? error.message : error}`);
}

/** An agent whose backend is ready runs. */
function starting(pid: number, hostId: string): Change<readonly number[]> {
  return (state) => {
    const agent = agentAt(state, pid);
    if (agent === undefined || agent.state !== "starting" || agent.host !== hostId) return [];
    writeAgent(state, { ...agent, state: "running" });
    state.event({ source: "kernel", kind: "agent.started", payload: { pid, agent_id: agent.agent_id } });
    return [];
  };
}
